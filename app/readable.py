"""What the sections of the settings are made of: strict, frozen, texts checked by their reader."""

from importlib import import_module
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

ProfileName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")]

_READERS = {
    "cron": ("app.schedule.batches", "read_cron"),
    "zone": ("app.schedule.batches", "read_zone"),
    "duration": ("app.schedule.batches", "read_duration"),
    "quiet": ("app.pace.quiet", "read_quiet"),
    "keyword": ("app.lists", "read_keyword"),
    "shop": ("app.lists", "read_shop"),
    "category": ("app.lists", "read_category"),
    "offer": ("app.refs", "read_offer"),
    "replica": ("browsers.traffic", "loopback"),
}
"""Module and function that read a text of that kind; imported only where one is set."""


def readable(kind: str) -> AfterValidator:
    """Kept as it was typed, if it can be read. Readers raise ValueError with the reason."""
    module, name = _READERS[kind]

    def check(text: str) -> str:
        getattr(import_module(module), name)(text)
        return text

    return AfterValidator(check)


class Section(BaseModel):
    """Base of all: a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def message(first: Any) -> str:
    """What is wrong, without pydantic's own words before ours."""
    return str(first["msg"]).removeprefix("Value error, ")
