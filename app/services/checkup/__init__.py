"""Whether this machine is ready: what was looked at, what was found, and what to type about it."""
