"""What travels through the archive. Values only; nothing here reads or writes."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a document was loaded for; the kinds of a run's items."""

    OFFER = "offer"
    LIST = "list"


class ArchiveUnwritable(Exception):
    """The archive cannot be written (no space, no right to): nothing more is read until it can."""


class RecordLost(Exception):
    """A record is not where its row says, or is not what was written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document as it was loaded for an item of a run, scrubbed."""

    kind: Kind
    key: str
    """The offer's id, or the number of the list's page."""
    run_id: int
    token: int
    """Of the claim it was loaded for."""
    url: str
    """Where it was in the end."""
    status: int
    payload: bytes
    observed_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a record lies: a whole gzip member of `length` bytes at `offset`."""

    file: str
    """A name in the archive's folder."""
    offset: int
    length: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """An earlier record whose payload a document repeats to the byte."""

    id: int
    url: str
    observed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A document in the archive, before it has a row."""

    document: Document
    sha256: str
    place: Place
    original: Original | None
    safe: "Future[None]"
    """Done once the record is on the disk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A row of the archive's index, with the place of its payload: its own or its original's."""

    id: int
    kind: Kind
    key: str
    run_id: int
    token: int
    url: str
    status: int
    observed_at: datetime
    layout: str | None
    """None if no layout read it: a block, a deleted offer, a list, or a page that was refused."""
    sha256: str
    size: int
    """Bytes of the payload."""
    revisit_of: int | None
    place: Place
    """Of the payload."""
