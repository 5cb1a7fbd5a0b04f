"""What is to be written, kept in a file of its own between being shown and being written.

So what a person agreed to is what is stored, and memory stays small however much it is.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson

from app.items import OfferItem
from app.store.memory import EVERYBODY


@dataclass(frozen=True, kw_only=True, slots=True)
class Repair:
    """What an offer is to become: an item, or gone."""

    offer_id: str
    record_id: int
    observed_at: datetime
    """When the page was loaded."""
    item: OfferItem | None = None
    gone: str | None = None
    view: str = EVERYBODY
    """To whom the page was shown."""


class Spool:
    """Repairs in the order they were put; gone with the process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, repair: Repair) -> None:
        """Add one at the end."""
        told = {name: getattr(repair, name) for name in Repair.__slots__ if name != "item"}
        told["item"] = repair.item and repair.item.model_dump(mode="json")
        self._file.write(orjson.dumps(told) + b"\n")
        self.count += 1

    def __iter__(self) -> Iterator[Repair]:
        self._file.seek(0)
        for line in self._file:
            yield _repair(orjson.loads(line))


def _repair(told: dict[str, Any]) -> Repair:
    at = datetime.fromisoformat(told["observed_at"])
    item = told["item"] and OfferItem.model_validate(told["item"])
    return Repair(**told | {"observed_at": at, "item": item})
