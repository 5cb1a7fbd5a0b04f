"""What the machine says of a tree of processes and of everything else that runs on it (Linux)."""

import importlib.metadata
import os
import platform
from collections.abc import Collection
from pathlib import Path

from browsers import tree

TICKS = os.sysconf("SC_CLK_TCK")
PEERS = ("crawlee", "scrapy", "scrapy-playwright", "playwright")


def spent(members: Collection[tree.Member]) -> float:
    """CPU seconds of these processes and of those children that they have outlived."""
    return sum(_fields(f"/proc/{member.pid}/stat", 11, 15) for member in members) / TICKS


def busy() -> float:
    """CPU seconds that all processors together have worked since the machine started."""
    words = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _, _, irq, softirq = map(int, words[:7])
    return (user + nice + system + irq + softirq) / TICKS


def _fields(path: str, first: int, last: int) -> int:
    """The sum of some fields behind the name of a process; 0 if it is gone."""
    try:
        words = Path(path).read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(word) for word in words[first:last])


def described(engine: str, versions: dict[str, str]) -> str:
    """The machine in a sentence: processor, cores, memory, system, and what was measured on it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB",
        f"Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}",
        engine,
        *(f"{name} {version}" for name, version in versions.items()),
    ]
    return "; ".join(parts)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def versions(packages: Path) -> dict[str, str]:
    """Versions of the peers by name, as installed in a folder of packages."""
    found = importlib.metadata.distributions(path=[str(packages)])
    have = {each.metadata["Name"].lower(): each.version for each in found}
    return {name: have[name] for name in PEERS if name in have}
