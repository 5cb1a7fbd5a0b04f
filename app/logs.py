"""What programs note of their work: JSON lines in a file a role, for machines and for searching.

Every room logs through the standard library; here is where the lines go and what stands in them.
Screens and standard error stay as they are, for people. `app.services.logs` reads the files.
"""

import fcntl
import logging
import math
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.typing import Processor

OURS = ("app", "browsers")
SAID_ELSEWHERE = ("rq", "sqlalchemy", "app.cli", "app.jobs", "app.logs", "app.noting", "app.runs")
"""Loggers whose warnings people see on the screen, in other words."""
BY_OTHERS = ("message", "asctime", "color_message")
"""What other formatters and uvicorn leave in a record."""
MASK = "***"
SHORTEST_SECRET = 6
"""Characters; what is shorter stands in too many words to be cut out of them."""
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@'\"]+(?=@)")
_TOLD = re.compile(
    r"(?i)((?:set-)?cookie|authorization|password|passwd|secret|token|api[_-]?key)"
    r"(['\"]?\s*[=:]\s*['\"]?)(?:(?:bearer|basic)\s+)?[^\s'\",;&}]+"
)
_COOKIES = re.compile(r"(?i)\b((?:set-)?cookie['\"]?\s*:\s*)[^\r\n]+")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_SECRET_KEYS = re.compile(r"(?i)^(.*_)?(cookies?|authorization|password|passwd|secret|token)$")
_log = logging.getLogger(__name__)


class Masked(Protocol):
    """Takes secrets out of a text."""

    def __call__(self, text: str) -> str:
        """The text without them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LogFile:
    """Where the programs of a role write, and how much of it is kept."""

    folder: Path
    role: str
    level: str = "info"
    """Of our own lines; libraries are heard from `warning` up."""
    max_bytes: int = 20 * 1024**2
    keep: int = 5
    """Full files that are kept besides the one that is written."""

    @property
    def path(self) -> Path:
        return self.folder / f"{self.role}.jsonl"


class SharedFile(logging.Handler):
    """Appends to a file that other programs append to, and turns it over once for all of them.

    A line is one write to a file opened for appending, so lines never mix. Raises OSError when
    the file cannot be opened; later failures are told once on standard error and cost the line.
    """

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file = file
        self._has_failed = False
        file.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._open = self._opened()

    def _opened(self) -> int:
        return os.open(
            self._file.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
        )

    def emit(self, record: logging.LogRecord) -> None:
        try:
            # half a character (a lone surrogate) would be no JSON for a strict reader
            line = f"{self.format(record)}\n".encode(errors="replace")
            self._turn_over_for(len(line))
            os.write(self._open, line)
        except Exception:  # noqa: BLE001 - what is logged must not fail for the log
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - its name
        """Say it once; a full disk would else say it with every line."""
        if not self._has_failed:
            self._has_failed = True
            error = sys.exc_info()[1]
            sys.stderr.write(f"pwsync: {self._file.path}: lines are lost: {error}\n")

    def _turn_over_for(self, more: int) -> None:
        if not self._is_current():
            self._reopen()
        if os.fstat(self._open).st_size + more <= self._file.max_bytes:
            return
        with (self._file.folder / f".{self._file.role}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # another may have turned it over while this one waited
            if self._is_current():
                self._shift()
        self._reopen()

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(self._file.path.stat(), os.fstat(self._open))
        except FileNotFoundError:
            return False

    def _shift(self) -> None:
        path = self._file.path
        kept = [path, *(Path(f"{path}.{one}") for one in range(1, self._file.keep + 1))]
        for older, newer in zip(reversed(kept), reversed(kept[:-1]), strict=False):
            with suppress(FileNotFoundError):
                newer.replace(older)
        if len(kept) == 1:
            path.unlink(missing_ok=True)

    def _reopen(self) -> None:
        before, self._open = self._open, self._opened()
        os.close(before)

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._open)
        super().close()


def masking(secrets: Iterable[str]) -> Masked:
    """Takes out the secrets that are known, and what looks like one."""
    known = {form for secret in secrets for form in _forms(secret)}
    words = sorted((re.escape(word) for word in known), key=len, reverse=True)
    literal = re.compile("|".join(words)) if words else None

    def mask(text: str) -> str:
        if literal:
            text = literal.sub(MASK, text)
        text = _CREDENTIALS.sub(MASK, text)
        text = _COOKIES.sub(rf"\1{MASK}", text)
        text = _BEARER.sub(rf"\1 {MASK}", text)
        return _TOLD.sub(rf"\1\2{MASK}", text)

    return mask


def _forms(secret: str) -> set[str]:
    """A secret as it may be written; of an address its password and the parts that may be keys."""
    parts = [secret]
    if "://" in secret:
        with suppress(ValueError):
            address = urlsplit(secret)
            parts = [address.password or ""]
    forms = {form for part in parts for form in (part, unquote(part), quote(part, safe=""))}
    return {form for form in forms if len(form) >= SHORTEST_SECRET}


def begin(file: LogFile, *, secrets: Iterable[str] = ()) -> None:
    """Log to the file from now on; again replaces what was begun before. Raises OSError."""
    mask = masking(secrets)
    lines = SharedFile(file)
    lines.setFormatter(_lines_of(file.role, mask))
    _end()
    root = logging.getLogger()
    root.addHandler(lines)
    root.addHandler(_ForPeople(mask))
    for name in OURS:
        logging.getLogger(name).setLevel(file.level.upper())
    logging.captureWarnings(capture=True)
    threading.excepthook = _DyingThreads(threading.excepthook)


def _end() -> None:
    if isinstance(threading.excepthook, _DyingThreads):
        threading.excepthook = threading.excepthook.before
    root = logging.getLogger()
    for one in [*root.handlers]:
        if isinstance(one, (SharedFile, _ForPeople)):
            root.removeHandler(one)
            one.close()


def is_begun() -> bool:
    """Whether this program logs to a file."""
    return any(isinstance(one, SharedFile) for one in logging.getLogger().handlers)


class _DyingThreads:
    """What ends a thread is logged, too; Python tells it to standard error alone."""

    def __init__(self, before: Callable[[threading.ExceptHookArgs], Any]) -> None:
        self.before = before

    def __call__(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value and args.exc_type is not SystemExit:
            name = args.thread.name if args.thread else "that is gone"
            _log.critical("a bug ended thread %s", name, exc_info=args.exc_value)
        self.before(args)


class _ForPeople(logging.StreamHandler[Any]):
    """Warnings on standard error as Python prints them where nobody set up anything."""

    def __init__(self, mask: Masked) -> None:
        super().__init__()
        self.setLevel(logging.WARNING)
        self._mask = mask

    def filter(self, record: logging.LogRecord) -> bool:
        is_said = f"{record.name}.".startswith(tuple(f"{name}." for name in SAID_ELSEWHERE))
        return not is_said and bool(super().filter(record))

    def format(self, record: logging.LogRecord) -> str:
        return self._mask(super().format(record))


def _lines_of(role: str, mask: Masked) -> logging.Formatter:
    def name_it(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key in BY_OTHERS:
            line.pop(key, None)
        return {"role": role, "pid": os.getpid(), **line}

    def redact(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: _clean(key, value, mask) for key, value in line.items()}

    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        ExtraAdder(),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.ExceptionRenderer(),
        name_it,
    ]
    after: list[Processor] = [
        ProcessorFormatter.remove_processors_meta,
        redact,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    ]
    return ProcessorFormatter(foreign_pre_chain=before, processors=after, use_get_message=True)


def _clean(key: str, value: Any, mask: Masked) -> Any:
    if _SECRET_KEYS.match(key):
        return MASK
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {str(name): _clean(str(name), one, mask) for name, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_clean("", one, mask) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    return value if isinstance(value, (int, float, bool, type(None))) else mask(str(value))
