"""How gently the site is asked: gaps, budgets, quiet hours, robots.txt, and what that amounts to.

All of it is kept in the ledger's database, so that it is exact over all workers and survives
whatever restarts. Which profile is asked as, and how it fares, is `app.profiles`' matter.
"""
