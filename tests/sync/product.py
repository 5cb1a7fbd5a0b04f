"""How fast the whole product is, and what it weighs: ledger, pages, extraction, database, archive.

    python -m tests.sync.product [--offers 850] [--contexts 8] [--mode lean] [--think 2 6]
                                 [--database URL | --mariadb] [--repeat 3]

Runs `pwsync sync` as a person would, against the replica in a process of its own that is not
counted and has made its pages before, and reads the log for what each offer took. Speed and CPU
seconds are of the steady state: the first and the last tenth of the offers are left out. `--think`
is what each context waits between two of its pages, as the pace of them all. Prints one line a run
and one a target.
Not a test: figures mean something on a quiet machine only (`chrt -r 1`).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from app.replica.serve import Replica, running
from browsers import tree
from tests import mariadb

PROGRAM = str(Path(sys.executable).with_name("pwsync"))
_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY = 0.5
_EDGE = 10
"""Of the offers one in so many is left out at the beginning, and as many at the end."""
_ROLES = (("renderer", "--type=renderer"), ("network", "network.mojom"), ("browser", "--headless"))


@dataclass
class Sample:
    """CPU seconds so far and MiB of PSS, by role, at a moment."""

    at: float
    spent: Counter[str] = field(default_factory=Counter)
    weight: Counter[str] = field(default_factory=Counter)


class Meter(threading.Thread):
    """Looks at a program and its descendants until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self.done = threading.Event()
        self._root = tree.census()[pid]
        self._spent: dict[tuple[int, int], tuple[str, float]] = {}

    def run(self) -> None:
        while not self.done.wait(_EVERY):
            self.samples.append(self._sample())

    def _sample(self) -> Sample:
        sample = Sample(at=time.time())
        for member in tree.family([self._root]):
            role = role_of(member, self._root)
            self._spent[member.pid, member.born] = (role, cpu(member))
            sample.weight[role] += member.pss_kib() / 1024
        for role, seconds in self._spent.values():  # what the dead have spent stays spent
            sample.spent[role] += seconds
        return sample


def role_of(member: tree.Member, root: tree.Member) -> str:
    if member == root:
        return "python"
    words = member.command()
    if words.endswith("run-driver"):
        return "node"
    return next((role for role, mark in _ROLES if mark in words), "other")


def cpu(member: tree.Member) -> float:
    """Seconds of processor time of a process."""
    try:
        words = Path(f"/proc/{member.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, words[11:13])) / _TICKS


@dataclass
class Found:
    """What a run told."""

    rate: float
    """Offers a second."""
    spent: Counter[str]
    """CPU seconds an offer, by role."""
    weight: Counter[str]
    """MiB by role when all of it was heaviest."""
    seconds: list[float]
    """Of each offer, from its turn to its row; in order."""
    good: int

    def line(self) -> str:
        middle, high = statistics.median(self.seconds), quantile(self.seconds, 0.95)
        spent = "  ".join(f"{role} {1000 * cost:.1f}" for role, cost in self.spent.most_common())
        weight = "  ".join(f"{role} {mib:.0f}" for role, mib in self.weight.most_common())
        return (
            f"{self.rate:.1f} offers/s  {self.spent.total():.4f} CPU-s an offer (ms: {spent})\n"
            f"   p50 {middle:.3f} s  p95 {high:.3f} s  longest {self.seconds[-1]:.3f} s"
            f"  of {len(self.seconds)}, {self.good} stored\n"
            f"   peak {self.weight.total():.0f} MiB ({weight})"
        )


def quantile(ordered: list[float], part: float) -> float:
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def command(options: argparse.Namespace, site: Replica, refs: Path) -> list[str]:
    return [
        PROGRAM, "sync", "-i", str(refs), "--replica", site.address, "--mode", options.mode,
        "-c", str(options.contexts), "--progress", "none", "--json",
    ]  # fmt: skip


def product(options: argparse.Namespace, site: Replica, url: str) -> Found:
    """One run of the command over all offers, into an empty database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        refs = folder / "refs.txt"
        refs.write_text("\n".join(one["url"] for one in site.listed()))
        environment = os.environ | {
            "PWSYNC_DATA_DIR": name,
            "PWSYNC_DATABASE_URL": url or f"sqlite:///{name}/pwsync.db",
            **pace(options),
        }
        words = command(options, site, refs)
        with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as child:
            meter = Meter(child.pid)
            meter.start()
            watch(options, child.pid)
        meter.done.set()
        meter.join()
        return found(list(told(folder / "logs")), meter.samples)


def made(site: Replica) -> None:
    """Have it make its pages, of which it keeps the latest `tests.bench.site.HELD`."""
    for one in site.listed():
        site.ask(urlsplit(one["url"]).path, host="detail.1688.com")


def pace(options: argparse.Namespace) -> dict[str, str]:
    """What each context waits, as the gap between two pages of whichever context."""
    if not options.think:
        return {}
    gap = [seconds / options.contexts for seconds in options.think]
    return {"PWSYNC_PACE__PAGE_GAP_SECONDS": json.dumps(gap)}


def watch(options: argparse.Namespace, pid: int) -> None:
    """Leave a flame graph of the program itself, if one is wanted (`pip install py-spy`)."""
    if options.flame:
        words = ["py-spy", "record", "-g", "-t", "-r", "200", "-p", str(pid), "-o", options.flame]
        form = ["-f", "raw"] if options.raw else []
        subprocess.run([*words, *form], check=False, stdout=subprocess.DEVNULL)


def told(folder: Path) -> Iterator[tuple[float, float, str]]:
    """(moment it ended, seconds, word) of each offer, from the log."""
    for path in folder.glob("*"):
        for line in path.read_text().splitlines():
            one = json.loads(line)
            if "seconds" in one and "item" in one:
                yield datetime.fromisoformat(one["time"]).timestamp(), one["seconds"], one["event"]


def found(ends: list[tuple[float, float, str]], samples: list[Sample]) -> Found:
    """The figures of the steady state; the times are of every offer."""
    moments = sorted(moment for moment, _, _ in ends)
    edge = len(moments) // _EDGE
    begin, end = moments[edge], moments[-1 - edge]
    offers = len(moments) - 2 * edge - 1
    spent = spent_at(samples, end)
    spent.subtract(spent_at(samples, begin))
    return Found(
        rate=offers / (end - begin),
        spent=Counter({role: seconds / offers for role, seconds in spent.items()}),
        weight=max((sample.weight for sample in samples), key=Counter.total),
        seconds=sorted(seconds for _, seconds, _ in ends),
        good=sum(word in ("created", "changed", "unchanged") for _, _, word in ends),
    )


def spent_at(samples: list[Sample], moment: float) -> Counter[str]:
    """CPU seconds by role at a moment between two samples."""
    place = bisect_left([sample.at for sample in samples], moment)
    before, after = samples[max(place - 1, 0)], samples[min(place, len(samples) - 1)]
    share = (moment - before.at) / ((after.at - before.at) or 1)
    roles = after.spent.keys() | before.spent.keys()
    return Counter({r: before.spent[r] + share * (after.spent[r] - before.spent[r]) for r in roles})


def targets(options: argparse.Namespace, runs: list[Found]) -> Iterator[str]:
    """Each target that holds for these options, and whether the median run meets it."""
    longest = statistics.median(run.seconds[-1] for run in runs)
    yield verdict("every offer", longest, "s", most=3.0)
    if options.think or options.mode != "lean":
        return
    yield verdict("speed", statistics.median(run.rate for run in runs), "offers/s", least=40.0)
    spent = statistics.median(run.spent.total() for run in runs)
    yield verdict("processor", spent, "CPU-s an offer", most=0.045)
    high = statistics.median(quantile(run.seconds, 0.95) for run in runs)
    yield verdict("95 of 100 offers", high, "s", most=1.2)
    weight = statistics.median(run.weight.total() for run in runs)
    yield verdict("weight", weight, "MiB of PSS", most=1.2 * 1024)


def verdict(
    name: str, figure: float, unit: str, *, most: float | None = None, least: float | None = None
) -> str:
    is_met = figure <= most if most is not None else figure >= (least or 0.0)
    bound = f"at most {most:g}" if most is not None else f"at least {least:g}"
    return f"{'met   ' if is_met else 'MISSED'} {name}: {figure:.3g} {unit}, {bound}"


@contextmanager
def databases(options: argparse.Namespace) -> Iterator[Iterator[str]]:
    """The URL for each run: of an empty database, unless one was named."""
    if not options.mariadb:
        yield iter(lambda: options.database or "", None)
        return
    with tempfile.TemporaryDirectory() as folder, mariadb.running(Path(folder)) as server:
        yield iter(server.new_database, None)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--offers", type=int, default=850)
    parser.add_argument("--contexts", type=int, default=8)
    parser.add_argument("--mode", default="lean", choices=("lean", "mixed", "natural"))
    parser.add_argument("--era", nargs="+", default=["context"], help="of the pages; real ones")
    parser.add_argument("--think", type=float, nargs=2, metavar=("LOW", "HIGH"))
    parser.add_argument("--database", help="its URL; an SQLite file of its own if left out")
    parser.add_argument("--mariadb", action="store_true", help="a private server")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--flame", metavar="FILE", help="what py-spy saw of the program")
    parser.add_argument("--raw", action="store_true", help="folded stacks, not a picture")
    options = parser.parse_args()
    runs = []
    with databases(options) as urls:
        for _ in range(options.repeat):
            with running(offers=options.offers, seed=42, eras=options.era) as site:
                made(site)
                runs.append(product(options, site, next(urls)))
            sys.stdout.write(f"{runs[-1].line()}\n")
            sys.stdout.flush()
    sys.stdout.writelines(f"{line}\n" for line in targets(options, runs))


if __name__ == "__main__":
    main()
