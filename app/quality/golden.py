"""Golden pages: saved pages beside the values a person read on them, and how well we read them.

`NAME.html` is the page (UTF-8, GBK, or its state alone), `NAME.json` its values as `pwsync extract
--json` prints them, as many as were checked; `final_url` tells where it was seen, `error` how it is
to be refused. `NAME.note.json` tells where it is from and whether a person has `checked` it; a page
without one was.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.extract.base import ExtractError, Snapshot
from app.extract.registry import read
from app.items import as_json
from app.quality.drift import wilson

PAGE, VALUES, NOTE = ".html", ".json", ".note.json"
ABOUT = ("final_url",)
"""What is told of a page and is no value of it."""


class GoldenError(Exception):
    """The folder cannot be measured; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One field of one page."""

    page: Path
    field: str
    wanted: Any
    found: Any

    @property
    def is_right(self) -> bool:
        return bool(_comparable(self.field, self.wanted) == _comparable(self.field, self.found))


def _comparable(field: str, value: Any) -> Any:
    """SKUs by their id: pages list them in no order."""
    if field == "skus" and isinstance(value, list):
        return sorted(value, key=lambda sku: str(sku.get("sku_id")))
    return value


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How many of them were right."""

    right: int = 0
    number: int = 0

    @property
    def share(self) -> float:
        return self.right / self.number if self.number else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies, with 95 % confidence (Wilson)."""
        return wilson(self.share, self.number)


def pages(folder: Path) -> tuple[list[Path], int]:
    """The value files of checked pages, and how many others there are. Raises GoldenError."""
    every = [path for path in sorted(folder.rglob(f"*{VALUES}")) if not _is_note(path)]
    if not every:
        raise GoldenError(f"{folder} has no golden pages; `scripts/golden` makes them")
    checked = [path for path in every if _is_checked(path)]
    return checked, len(every) - len(checked)


def _is_note(path: Path) -> bool:
    return path.name.endswith(NOTE)


def _is_checked(path: Path) -> bool:
    note = path.with_suffix(NOTE)
    return not note.exists() or _loaded(note).get("checked") is True


def _loaded(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise GoldenError(f"{path}: {error}") from error
    if not isinstance(told, dict):
        raise GoldenError(f"{path}: it holds no object")
    return told


def judge(path: Path) -> Iterator[Verdict]:
    """A page read again, field by field. Raises GoldenError."""
    wanted = _loaded(path)
    try:
        document = path.with_suffix(PAGE).read_bytes()
    except OSError as error:
        raise GoldenError(f"{path}: its page {path.with_suffix(PAGE).name}: {error}") from error
    found = _read(Snapshot(document=document, final_url=wanted.get("final_url")), wanted)
    for field, value in wanted.items():
        if field not in ABOUT:
            yield Verdict(page=path, field=field, wanted=value, found=found.get(field))


def _read(snapshot: Snapshot, wanted: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return as_json(read(snapshot))
    except ExtractError as error:
        told: dict[str, Any] = error.as_json()
        words = wanted.get("error", told)
        return {"error": {word: told.get(word) for word in words}}


def score(verdicts: Iterable[Verdict]) -> tuple[Score, dict[str, Score], list[Verdict]]:
    """Overall, by field, and those that were wrong."""
    fields: dict[str, Score] = {}
    wrong: list[Verdict] = []
    for one in verdicts:
        before = fields.get(one.field, Score())
        fields[one.field] = Score(right=before.right + one.is_right, number=before.number + 1)
        if not one.is_right:
            wrong.append(one)
    right = sum(each.right for each in fields.values())
    whole = Score(right=right, number=sum(each.number for each in fields.values()))
    return whole, fields, wrong


def write(folder: Path, name: str, snapshot: Snapshot, *, source: str) -> Path:
    """A page with what we read on it, to be checked by a person. Raises ExtractError, OSError.

    A page that is there already, and its checked values, are never overwritten: FileExistsError.
    """
    item = read(snapshot)
    values: dict[str, Any] = as_json(item)
    del values["provenance"]
    if snapshot.final_url:
        values["final_url"] = snapshot.final_url
    place = folder / item.layout / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(PAGE).open("xb") as file:
        file.write(snapshot.document)
    note = {"checked": False, "source": source}
    for suffix, told in ((VALUES, values), (NOTE, note)):
        text = json.dumps(told, ensure_ascii=False, indent=1)
        place.with_suffix(suffix).write_text(f"{text}\n", "utf-8")
    return place.with_suffix(VALUES)
