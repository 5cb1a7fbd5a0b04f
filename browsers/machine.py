"""How full the memory is, and how contested the processors are, that this process may use.

Its container's, or the whole machine's: read from cgroup v2 or v1 and /proc (Linux). Where nothing
can be read nothing is full and nobody waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

GROUPS, OWN, MEMINFO = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup"), Path("/proc/meminfo")
PRESSURE = Path("/proc/pressure/cpu")

_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
"""Files of the limit and of what is used, and the word in memory.stat for cache that goes first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A control group that limits memory; bytes."""

    limit: int
    used: int
    """Without the pages of files that nobody has touched lately: those are dropped at need."""


def memory_in_use(groups: Path = GROUPS, own: Path = OWN, meminfo: Path = MEMINFO) -> float:
    """Share in use, from 0 to 1, of the tightest of all limits that hold for us."""
    total, available = _machine(meminfo)
    if not total:
        return 0.0
    told = [group for group in groups_of(groups, own) if 0 < group.limit < total]
    return min(1.0, max(1 - available / total, *(group.used / group.limit for group in told), 0.0))


def waited_for_processor(groups: Path = GROUPS, own: Path = OWN, machine: Path = PRESSURE) -> float:
    """Seconds so far in which something that could run had to wait for a processor.

    Something of our control group, else of the whole machine
    (docs.kernel.org/accounting/psi.html); it only grows.
    """
    paths = [line.split(":", 2)[2] for line in _lines(own) if line.startswith("0::")]
    folders = [*(groups / path.lstrip("/") for path in paths), groups]
    files = [*(folder / "cpu.pressure" for folder in folders), machine]
    return next((stalled for file in files if (stalled := _stalled(file)) is not None), 0.0)


def _stalled(file: Path) -> float | None:
    """Seconds of the line `some`, which counts microseconds after `total=`; None without it."""
    some = next((line for line in _lines(file) if line.startswith("some ")), "")
    total = some.rpartition("total=")[2]
    return int(total) / 1e6 if total.isdecimal() else None


def groups_of(groups: Path, own: Path) -> Iterator[Group]:
    """Our control group and those it is in, where they have a limit; version 1 always has one."""
    for line in _lines(own):
        _, kinds, path = line.split(":", 2)
        if not kinds:
            yield from _upwards(groups, path, _V2)
        elif "memory" in kinds.split(","):
            yield from _upwards(groups / "memory", path, _V1)


def _upwards(root: Path, path: str, names: tuple[str, str, str]) -> Iterator[Group]:
    """In a container the path may be the host's; of it only the root is to be seen then."""
    ours = PurePosixPath(path.lstrip("/"))
    limit_name, used_name, cache_name = names
    for folder in (root / each for each in (ours, *ours.parents)):
        if (limit := _number(folder / limit_name)) is not None:
            used = _number(folder / used_name) or 0
            yield Group(limit=limit, used=max(0, used - _cache(folder / "memory.stat", cache_name)))


def _machine(meminfo: Path) -> tuple[int, int]:
    """Bytes there are and bytes to be had."""
    found = {words[0]: int(words[1]) * 1024 for line in _lines(meminfo) if (words := line.split())}
    return found.get("MemTotal:", 0), found.get("MemAvailable:", 0)


def _cache(stat: Path, name: str) -> int:
    found = (line.split() for line in _lines(stat))
    return next((int(count) for word, count in found if word == name), 0)


def _number(file: Path) -> int | None:
    """None for `max` and for what is not there."""
    text = "".join(_lines(file)).strip()
    return int(text) if text.isdecimal() else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
