"""Logins of people: the page with the site's own code, who waits there, and what comes of it."""
