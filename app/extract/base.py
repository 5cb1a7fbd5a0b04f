"""What goes into extraction and the ways it refuses. Pure values.

ExtractError
├── Blocked          a login wall, a slider, a refusal (rule: login, slider, refused)
├── Gone             the page says the offer is no longer there (rule: off_shelf, deleted)
├── Truncated        the state breaks off in the middle
├── LayoutUnknown    no layout knows the page
├── FieldMissing     a required field is not where the layout has it
└── Invalid          a value was read and broke a rule of `app.items`
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A page as it was saved: all that extraction may know."""

    document: bytes
    """HTML as served (UTF-8 or GBK), or the state alone as JSON."""
    url: str | None = None
    """Asked for, where known."""
    final_url: str | None = None
    """Where it was seen in the end; a deleted offer shows only here."""
    status: int = 200


class ExtractError(Exception):
    """A snapshot that yields no item. `rule` and `field` are fixed words, the message is prose."""

    type: ClassVar[str] = "ExtractError"

    def __init__(self, message: str, *, rule: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.field = field
        self.layout: str | None = None
        """Name of the layout that read the page, where one knew it."""

    def as_json(self) -> dict[str, str | None]:
        """The error as CONTRACT §3 prints it."""
        return {"type": self.type, "rule": self.rule, "field": self.field, "message": str(self)}


class Blocked(ExtractError):
    type = "Blocked"


class Gone(ExtractError):
    type = "Gone"


class Truncated(ExtractError):
    type = "Truncated"


class LayoutUnknown(ExtractError):
    type = "LayoutUnknown"


class FieldMissing(ExtractError):
    type = "FieldMissing"


class Invalid(ExtractError):
    type = "Invalid"
