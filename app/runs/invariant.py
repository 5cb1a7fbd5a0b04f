"""What a rule of the books is. A value; the rules stand in tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Words = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Invariant:
    """One rule of the books."""

    name: str
    sentence: str
    """What holds, for the person who reads that it does not."""
    query: str
    words: Words = field(default_factory=dict)
    """Lists that the query names as `IN :name`."""
