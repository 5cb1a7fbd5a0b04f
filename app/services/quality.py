"""How far what is stored can be trusted: fill rates, drift, and the accuracy that was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from app.quality import golden, rates
from app.quality.golden import GoldenError, Score
from app.quality.rates import Finding, Picture
from app.services.desk import Desk
from app.store.engine import reading

SAMPLE = "golden"
"""Folder of checked pages within the data folder; `pwsync accuracy` reads the same one."""
MOST = 100
"""Checked pages that are read for an answer; of more, the first ones by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy:
    """How many fields of checked pages are read right."""

    pages: int
    unchecked: int
    """Pages that nobody has checked yet."""
    whole: Score
    fields: Mapping[str, Score]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """All of it."""

    picture: Picture
    accuracy: Accuracy | None
    """None where no page was checked."""
    fault: str | None
    """Why checked pages cannot be measured."""


def trust(desk: Desk) -> Trust:
    """How well pages are read. Raises DatabaseUnavailable."""
    with reading(desk.engine) as conn:
        found = rates.picture(conn, desk.manners.realm)
    try:
        return Trust(picture=found, accuracy=_accuracy(desk.folder / SAMPLE), fault=None)
    except (GoldenError, OSError) as error:
        return Trust(picture=found, accuracy=None, fault=str(error))


def offers_path(finding: Finding) -> str:
    """Where the rows are that a finding is about: the offers its last run read, or its refusals."""
    if " " in finding.mark or not finding.layout:
        return f"/runs/{finding.last_run}/items"
    where = f'layout="{finding.layout}" run={finding.last_run}'
    return "/offers?" + urlencode({"where": where})


def _accuracy(folder: Path) -> Accuracy | None:
    if not folder.is_dir():
        return None
    checked, unchecked = golden.pages(folder)
    if not checked:
        return None
    few = tuple(checked[:MOST])
    return _measured(few, tuple(path.stat().st_mtime_ns for path in few), unchecked)


@lru_cache(maxsize=4)
def _measured(pages: tuple[Path, ...], _stamps: tuple[int, ...], unchecked: int) -> Accuracy:
    """Read again only when a page, its values or their number has changed."""
    verdicts = [verdict for page in pages for verdict in golden.judge(page)]
    whole, fields, _ = golden.score(verdicts)
    return Accuracy(pages=len(pages), unchecked=unchecked, whole=whole, fields=fields)
