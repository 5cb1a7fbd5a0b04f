"""The questions of the offers' form as query parameters: the same names, the same answers."""

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from fastapi import Depends, Query

from app.filters.form import LONGEST
from app.items import Status


def _asked(words: str, example: str) -> object:
    return Query(max_length=LONGEST, description=words, examples=[example])


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What was answered; each stands beside `where`, and all of it has to hold."""

    status: Annotated[Status | None, Query(description="What the page says.")] = None
    presence: Annotated[
        Literal["there", "gone"] | None, Query(description="gone: off the shelf or deleted.")
    ] = None
    supplier: Annotated[str, _asked("A part of the company's name.", "工厂")] = ""
    city: Annotated[str, _asked("Where it ships from.", "杭州")] = ""
    price_from: Annotated[str, _asked("CNY, of the lowest price.", "10")] = ""
    price_to: Annotated[str, _asked("CNY, of the lowest price.", "19.5")] = ""
    stock_from: Annotated[str, _asked("Declared stock.", "100")] = ""
    stock_to: Annotated[str, _asked("Declared stock.", "1万")] = ""
    changed_since: Annotated[str, _asked("A date, or how long ago.", "7d")] = ""
    seen_before: Annotated[str, _asked("Not read since: a date, or how long ago.", "30d")] = ""
    complete_from: Annotated[str, _asked("Completeness, 0 to 100.", "80")] = ""
    complete_to: Annotated[str, _asked("Completeness, 0 to 100.", "99")] = ""

    def told(self) -> dict[str, str]:
        """By name; empty where nothing was answered."""
        return {name: str(said) if said else "" for name, said in asdict(self).items()}


Answered = Annotated[Answers, Depends()]
