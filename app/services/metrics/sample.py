"""One number of `/metrics`. A value."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One number now."""

    name: str
    """What ends in `_total` only ever grows; its rate is what tells."""
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
