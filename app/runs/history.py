"""What the workers say they settled, against what the books hold (after Jepsen's set checkers).

Reads the files that `journal.py` writes. Endings that no worker writes (an expired lease, items
given back, a cancelled run) are no part of it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, and_, select

from app import models
from app.models import table
from app.runs.claims import LOST
from app.runs.journal import FENCED, SUFFIX
from app.runs.outcomes import WORKED, Outcome
from app.runs.settling import OWN_WORDS
from app.store.engine import consult

ITEM, ATTEMPT = table(models.RunItem), table(models.Attempt)
EXAMPLES = 20
FINAL = frozenset(str(word) for word in WORKED)


class HistoryUnreadable(Exception):
    """The folder or a line in it is no history; the message says which."""


class Try(NamedTuple):
    """Names one try of one item."""

    run: int
    offer: str
    attempt: int
    token: int

    def __str__(self) -> str:
        return f"run {self.run}, offer {self.offer}, try {self.attempt} (token {self.token})"


@dataclass(kw_only=True, slots=True)
class Account:
    """All files of a folder, added up."""

    files: int = 0
    intended: set[Try] = field(default_factory=set)
    acknowledged: dict[Try, list[str]] = field(default_factory=dict)
    """The endings that were acknowledged; more than one is wrong."""
    fenced: set[Try] = field(default_factory=set)

    @property
    def runs(self) -> set[int]:
        return {one.run for one in self.intended} | {one.run for one in self.acknowledged}


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A history against the books; lists hold examples, the numbers count all."""

    files: int
    acknowledged: int
    lost: int
    """Acknowledged, and not in the books so."""
    unexpected: int
    """In the books, though no worker says that it meant to write it, or one was refused it."""
    duplicated: int
    """Acknowledgements beyond the one that an ending has."""
    recovered: int
    """The answer to the commit never came, and it is in the books."""
    fenced: int
    """Came too late and were not stored, as it must be."""
    examples: Mapping[str, Sequence[str]]

    @property
    def clean(self) -> bool:
        return not self.lost and not self.duplicated

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"clean": self.clean}


def compare(engine: Engine, folder: Path, run_id: int | None = None) -> Comparison:
    """Compare a folder of journals with the books: one run, or all that the journals name.

    Raises HistoryUnreadable, DatabaseUnavailable.
    """
    account = read(folder, run_id)
    runs = sorted(account.runs | ({run_id} if run_id is not None else set()))
    held = consult(engine, lambda conn: dict(_held(conn, runs)))
    return judge(account, held)


def read(folder: Path, run_id: int | None = None) -> Account:
    """What all files of a folder tell, or that of one run. Raises HistoryUnreadable."""
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    if not paths:
        raise HistoryUnreadable(f"{folder}: there is no journal; [run] journal makes them")
    account = Account(files=len(paths))
    for path in paths:
        for one, ending in _entries(path):
            if run_id in (None, one.run):
                _add(account, one, ending)
    return account


def _add(account: Account, one: Try, ending: str | None) -> None:
    if ending is None:
        account.intended.add(one)
    elif ending == FENCED:
        account.fenced.add(one)
    else:
        account.acknowledged.setdefault(one, []).append(ending)


def _entries(path: Path) -> Iterator[tuple[Try, str | None]]:
    *lines, _torn = path.read_bytes().split(b"\n")  # a killed worker's last line may lack its end
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            one = Try(int(told["run"]), str(told["offer"]), told["attempt"], told["token"])
            yield one, told["ending"]
        except (ValueError, KeyError, TypeError) as error:
            raise HistoryUnreadable(f"{path}, line {number}: not a line of a journal") from error


class Held(NamedTuple):
    """An ended try as the books have it."""

    ending: str
    reason: str | None
    state: str | None
    """Of its item now."""


def _held(conn: Connection, runs: Sequence[int]) -> Iterator[tuple[Try, Held]]:
    same = and_(ITEM.c.run_id == ATTEMPT.c.run_id, ITEM.c.offer_id == ATTEMPT.c.offer_id)
    key = (ATTEMPT.c.run_id, ATTEMPT.c.offer_id, ATTEMPT.c.attempt, ATTEMPT.c.token)
    query = (
        select(*key, ATTEMPT.c.ending, ATTEMPT.c.reason, ITEM.c.state)
        .join(ITEM, same, isouter=True)
        .where(ATTEMPT.c.run_id.in_(runs), ATTEMPT.c.ending.is_not(None))
    )
    for run, offer, attempt, token, *rest in conn.execute(query):
        yield Try(run, str(offer), attempt, token), Held(*rest)


def judge(account: Account, held: Mapping[Try, Held]) -> Comparison:
    """Sort every try of both sides. Pure."""
    told = account.acknowledged
    lost = [one for one, endings in told.items() if not _is_kept(endings, held.get(one))]
    quiet = [one for one, found in held.items() if _is_settled(found) and one not in told]
    unanswered = account.intended - account.fenced
    recovered = [one for one in quiet if one in unanswered]
    unexpected = [one for one in quiet if one not in unanswered]
    doubled = _doubled(told)
    classes = {"lost": lost, "unexpected": unexpected, "duplicated": doubled}
    return Comparison(
        files=account.files,
        acknowledged=len(told),
        lost=len(lost),
        unexpected=len(unexpected),
        duplicated=len(doubled),
        recovered=len(recovered),
        fenced=len(account.fenced),
        examples={
            name: [str(one) for one in sorted(found)[:EXAMPLES]] for name, found in classes.items()
        },
    )


def _is_kept(endings: Sequence[str], found: Held | None) -> bool:
    if found is None or any(ending != found.ending for ending in endings):
        return False
    return found.ending not in FINAL or found.state == found.ending


def _is_settled(found: Held) -> bool:
    """A worker wrote it; an item that was lost too often is failed by whoever claims next."""
    return found.ending in OWN_WORDS and (found.ending, found.reason) != (Outcome.FAILED, LOST)


def _doubled(told: Mapping[Try, Sequence[str]]) -> list[Try]:
    """Acknowledgements that should not be: of a try beyond its first, of an item beyond its end."""
    again = [one for one, endings in told.items() for _ in endings[1:]]
    ended = [one for one, endings in told.items() if endings[0] in FINAL]
    return again + list(_beyond_first(ended))


def _beyond_first(ended: Iterable[Try]) -> Iterator[Try]:
    seen: Counter[tuple[int, str]] = Counter()
    for one in sorted(ended):
        seen[one.run, one.offer] += 1
        if seen[one.run, one.offer] > 1:
            yield one
