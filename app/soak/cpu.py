"""How much of the machine others take: what a soak says of time on a busy machine is worth nothing.

Read from /proc (proc(5)): ticks of all processors, and of our processes with the children they
have reaped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_IDLE = (3, 4)
"""Places of `idle` and `iowait` in the line of all processors."""
_KINDS = 8
"""user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in `user`."""
_OWN = slice(11, 15)
"""utime, stime, cutime, cstime, counted from the state on."""


@dataclass(kw_only=True, slots=True)
class Foreign:
    """The share of all processors that others use, from one look to the next."""

    _last: tuple[int, int, int] | None = None
    """Ticks of all, of what was used, and ours."""

    def look(self, pids: Iterable[int]) -> float | None:
        """Since the last time, 0 to 1; `pids` are ours. None the first time, and in no time."""
        total, used = _machine()
        now = (total, used, sum(map(_ticks, pids)))
        before, self._last = self._last, now
        if before is None or now[0] <= before[0]:
            return None
        ours = max(0, now[2] - before[2])  # a browser that was killed takes its ticks with it
        share = (now[1] - before[1] - ours) / (now[0] - before[0])
        return round(min(1.0, max(0.0, share)), 3)


def _machine() -> tuple[int, int]:
    with (_PROC / "stat").open() as file:
        ticks = [int(one) for one in file.readline().split()[1 : 1 + _KINDS]]
    return sum(ticks), sum(ticks) - sum(ticks[place] for place in _IDLE)


def _ticks(pid: int) -> int:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return 0
    return sum(int(one) for one in text.rpartition(")")[2].split()[_OWN])
