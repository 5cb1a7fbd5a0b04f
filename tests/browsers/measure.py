"""How fast the pool is and what it weighs, against the replica on this machine.

    python -m tests.browsers.measure --mode lean --slots 1 4 8 --seconds 10

CPU and memory are of this process, the driver and the browser; the replica's are not counted.
Not a test: figures mean something on a quiet machine only.
"""

import argparse
import asyncio
import os
import resource
import statistics
import time

from app.replica.offers import offer_id
from app.replica.serve import running
from browsers import tree
from browsers.errors import RenderError
from browsers.pool import BrowserPool
from browsers.render import render
from browsers.values import Launch, Mode, RenderRequest
from tests.browsers.conftest import Recorder

_OFFERS = 200
_TICKS = os.sysconf("SC_CLK_TCK")


class Meter:
    """CPU seconds and weight of everything the pool runs, this process included."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.heaviest = 0

    def members(self) -> list[tree.Member]:
        return [member for browser in self._recorder.browsers for member in browser.members()]

    def read(self) -> float:
        """The dead are in their parents' sums: renderers in the zygote's, a driver in ours."""
        own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        spent = sum(_cpu(member) for member in self.members())
        return spent + sum(usage.ru_utime + usage.ru_stime for usage in own)

    def weigh(self) -> None:
        everything = [*self.members(), tree.census()[os.getpid()]]
        self.heaviest = max(self.heaviest, tree.pss_mib(everything))


def _cpu(member: tree.Member) -> float:
    """CPU seconds of a process and of its children that it has waited for."""
    try:
        with open(f"/proc/{member.pid}/stat") as stat:  # noqa: PTH123
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / _TICKS


async def measure(address: str, offers: list[str], mode: Mode, slots: int, options) -> str:
    recorder = Recorder()
    pool = BrowserPool(
        Launch(replica=address, retire_after_pages=options.retire),
        size=slots,
        launcher=recorder,
    )
    await pool.open()
    meter, seconds, failures = Meter(recorder), [], []

    async def work(number: int) -> None:
        for turn in range(10**9):
            offer = offers[(number + turn * slots) % len(offers)]
            url = f"https://detail.1688.com/offer/{offer}.html"
            request = RenderRequest(url=url, mode=mode, seed=turn, pace=options.pace)
            try:
                async with pool.lease(offer) as slot:
                    seconds.append((await render(slot, request, deadline=60)).seconds)
            except RenderError as error:
                failures.append(error)

    workers = [asyncio.create_task(work(number)) for number in range(slots)]
    await asyncio.sleep(options.warm_up)
    seconds.clear()
    began, spent = time.monotonic(), meter.read()
    while time.monotonic() - began < options.seconds:
        await asyncio.sleep(1)
        await asyncio.to_thread(meter.weigh)
    took, cpu, pages = time.monotonic() - began, meter.read() - spent, len(seconds)
    starts = pool.status().browser_starts
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    await pool.close()
    median = statistics.median(seconds) * 1000 if seconds else 0
    return (
        f"{mode:8} N={slots:<3} {pages / took:7.2f} pages/s  {cpu / max(pages, 1):.4f} CPU-s/page"
        f"  p50 {median:6.0f} ms  peak {meter.heaviest} MiB  pages {pages}"
        f"  browsers {starts}  failures {len(failures)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", nargs="+", type=Mode, default=[Mode.LEAN, Mode.NATURAL])
    parser.add_argument("--slots", nargs="+", type=int, default=[1, 4, 8])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm-up", type=float, default=3)
    parser.add_argument("--pace", type=float, default=0)
    parser.add_argument("--retire", type=int, default=100)
    options = parser.parse_args()
    with running(offers=_OFFERS, eras=["context"]) as replica:
        offers = [offer_id(replica.seed, index) for index in range(_OFFERS)]
        for mode in options.mode:
            for slots in options.slots:
                line = asyncio.run(measure(replica.address, offers, mode, slots, options))
                print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
