"""Who runs may be to the site, and the ways in which that is refused.

ProfileError
├── ProfileUnknown
├── ProfileHeld      another process is it
├── CookiesRefused   (jar.py)
│   └── NotLoggedIn
└── ProxyRefused     (proxies.py)
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from browsers.values import Proxy

GUEST = "guest"
"""The profile that is nobody: it keeps no cookies and any number of processes may be it."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
"""What a profile may be called; names become file names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """As whom the site is asked; how that fares stands in the database (`app.profiles.rows`)."""

    name: str
    proxy: Proxy | None = None
    per_day: int | None = None
    """Pages; None is what holds for all."""
    egress: str = "direct"
    """Name of the address it goes out from; those with the same one share its budget."""

    @property
    def keeps_cookies(self) -> bool:
        """Whether it is an account: then one process at a time is it, in one context."""
        return self.name != GUEST


class ProfileError(Exception):
    """A run cannot be worked on as its profile here and now; the run itself is well."""


class ProfileUnknown(ProfileError):
    """There is no such profile."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no profile {name!r}; `pwsync login --profile {name}` makes it, "
            "`pwsync profile list` shows those there are"
            if NAME.fullmatch(name)
            else f"{name!r} is no name of a profile: up to 32 of a-z 0-9 . _ -, a letter first"
        )
        self.name = name


class ProfileHeld(ProfileError):
    """Another process is this profile now; two at once would look like a stolen account."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(
            f"profile {name!r} is in use by {_described(holder)}; "
            "wait for it, stop it, or name another with --profile"
        )
        self.name = name
        self.holder = holder


def _described(holder: str) -> str:
    """Who holds and since when: holders are called HOST:PID:MILLISECONDS (`runs.owners`)."""
    host, _, rest = holder.partition(":")
    pid, _, began = rest.partition(":")
    if not (pid.isdecimal() and began.isdecimal()):
        return holder
    since = datetime.fromtimestamp(int(began) / 1000, UTC).astimezone()
    return f"process {pid} on {host} (since {since:%Y-%m-%d %H:%M})"
