"""What somebody wants synced: offers known by name, or a list of the site to find them in."""

import hashlib
from dataclasses import dataclass
from typing import Any

from app.lists import ListRef
from app.refs import Intake


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Either offers that are known by name, or a list to find them in."""

    intake: Intake | None = None
    found_in: ListRef | None = None
    first: int | None = None
    skip_seen_hours: int | None = None
    """Offers named here that were seen within so many hours are skipped."""

    @property
    def kind(self) -> str:
        return self.found_in.kind if self.found_in else "refs"

    @property
    def label(self) -> str:
        """One line for screens."""
        if self.found_in:
            most = f", first {self.first:,}" if self.first else ""
            return f"{self.found_in.label}{most}"
        number = len(self.intake.accepted) if self.intake else 0
        return f"{number:,} offer{'' if number == 1 else 's'}"

    @property
    def options(self) -> dict[str, Any]:
        """What a run keeps of it; the same input has the same."""
        if not self.found_in:
            skip = {"skip_seen_hours": self.skip_seen_hours} if self.skip_seen_hours else {}
            return {"input": self._fingerprint(), **skip}
        named = {"kind": str(self.found_in.kind), "value": self.found_in.value, "first": self.first}
        return {"input": self._fingerprint(), "list": named}

    def _fingerprint(self) -> str:
        if self.found_in:
            text = f"{self.found_in.kind}\n{self.found_in.value}\n{self.first}"
        else:
            assert self.intake is not None
            text = "\n".join(sorted(ref.offer_id for ref in self.intake.accepted))
        return hashlib.sha256(text.encode()).hexdigest()[:32]
