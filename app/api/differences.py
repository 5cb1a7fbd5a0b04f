"""A typed difference as the API tells it, wherever it does."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from app.store.changes import Recorded


class ChangeOut(BaseModel):
    """A typed difference between two versions of an offer."""

    version: int
    kind: str = Field(examples=["price"])
    field: str
    key: str | None
    before: Any
    after: Any
    at: datetime
    run: int | None


def fields_of(one: Recorded) -> dict[str, Any]:
    """The values of a ChangeOut."""
    told = one.difference
    return {
        "version": one.version,
        "kind": told.kind.value,
        "field": told.field,
        "key": told.key or None,
        "before": told.before,
        "after": told.after,
        "at": one.observed_at,
        "run": one.run_id,
    }
