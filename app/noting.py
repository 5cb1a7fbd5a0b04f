"""From settings to the log: where a program's lines go, what must not stand in them, and events.

Beside `wiring.py`; what a line has and how files are shared is in `logs.py`.
"""

import logging
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from app.logs import LogFile, begin
from app.places import log_folder
from app.runtime import Event
from app.settings import Settings, SettingsError
from app.telling import addresses_of

SHORTEST_KEY = 8
"""Characters of a part of an address that may be its key."""
NOT_WELL = frozenset({"retry", "fenced", "blocked", "failed", "invalid", "unreadable", "throttled"})
_log = logging.getLogger(__name__)


def begin_log(settings: Settings, role: str) -> None:
    """Note what this program does from now on. Raises SettingsError where that can't be written."""
    wanted = settings.log
    file = LogFile(
        folder=log_folder(settings),
        role=role,
        level=wanted.level,
        max_bytes=wanted.max_mb * 2**20,
        keep=wanted.keep,
    )
    try:
        begin(file, secrets=secrets_of(settings))
    except OSError as error:
        raise SettingsError(
            f"log.folder: {file.path} cannot be written: {error.strerror} (PWSYNC_LOG__FOLDER)"
        ) from error


def secrets_of(settings: Settings) -> Iterator[str]:
    """Everything in the settings that nobody shall read in a log."""
    proxies = (one.proxy.get_secret_value() for one in settings.profile if one.proxy)
    yield from (url for url in (settings.database_url, settings.redis_url, *proxies) if url)
    for secret in (settings.api.token, settings.backup.key):
        if secret:
            yield secret.get_secret_value()
    for address in addresses_of(settings):
        yield from _keys_of(address)


def _keys_of(address: str) -> Iterator[str]:
    """The parts of an address that may be keys: apprise takes them in every place, the host's too.

    A host with a dot is one.
    """
    parts = urlsplit(address)
    place, _, host = parts.netloc.rpartition("@")
    names = [] if "." in host or ":" in host else [host]
    found = [*names, *place.split(":"), *re.split(r"[/?&=]", f"{parts.path}?{parts.query}")]
    yield from (part for part in found if len(part) >= SHORTEST_KEY)


def noted(tell: Callable[[Event], None]) -> Callable[[Event], None]:
    """Whoever hears of events, and the log before it."""

    def both(event: Event) -> None:
        level = logging.WARNING if event.word in NOT_WELL else logging.INFO
        where = {} if event.name.isdecimal() else {"what": event.name}  # an offer is the item
        told = {"seconds": round(event.seconds, 3), "text": event.text}
        _log.log(level, "%s", event.word, extra=where | told)
        tell(event)

    return both
