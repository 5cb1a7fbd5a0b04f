"""The file of a soak's samples: one JSON object a line, written as they are taken.

Only what the screen draws stays in memory: a soak that remembered all would weigh itself.
"""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REMEMBERED = 120
"""Points of a curve on the screen."""


@dataclass(kw_only=True)
class Samples:
    """Appends to a file; `newest` and the curves are for whoever watches."""

    path: Path
    newest: Mapping[str, Any] = field(default_factory=dict)
    memory: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    rates: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def add(self, sample: Mapping[str, Any]) -> None:
        """Write it down. Raises OSError."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(sample, separators=(",", ":")) + "\n")
        self.newest = {name: one for name, one in sample.items() if not isinstance(one, list)}
        self.memory.append(sample["pss"]["total"])
        self.rates.append(sample["rate"] or 0.0)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """All samples of a file, in order."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
