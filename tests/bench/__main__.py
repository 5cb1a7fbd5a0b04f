"""pwsync beside its peers on the local 1688: measured in turns, told in one table.

    scripts/bench [--seconds 5] [--repetitions 3] [--contexts 1 8] [--only sync-lean cdp] [--readme]

Writes the table to standard output, raw results to `.bench/results.json` after each run. A program
that fails is a row that says why. `--from FILE` makes the table anew from such results.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from browsers.engine import find_engine
from tests.bench import machine, page, readme
from tests.bench.programs import ROOT, Setting, compared, show_of
from tests.bench.site import opened
from tests.bench.stage import perform
from tests.bench.task import said
from tests.bench.values import Page, Run
from tests.bench.variants import CONTEXTS, Cell, rounds

HOME = ROOT / ".bench"
PEERS = HOME / "venv"


def main() -> int:
    options = _options()
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # nothing is left running then, either
    try:
        plan = rounds(options.repetitions, options.contexts, options.only)
    except ValueError as error:
        tell(str(error))
        return 2
    found = json.loads(options.source.read_text()) if options.source else _measured(options, plan)
    runs = {key: [_read(run) for run in told] for key, told in found["runs"].items()}
    sys.stdout.write(page.english(runs, found) + "\n")
    if options.readme:
        readme.write(
            {
                ROOT / "README.md": page.english(runs, found, brief=True),
                ROOT / "README.zh-CN.md": page.chinese(runs, found),
                ROOT / "docs" / "benchmark.md": page.english(runs, found),
            }
        )
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="window of a page not rendered")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--contexts", type=int, nargs="+", choices=CONTEXTS)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="variants by name")
    parser.add_argument("--offers", type=int, default=850)
    parser.add_argument("--results", type=Path, default=HOME / "results.json")
    parser.add_argument("--from", type=Path, dest="source", metavar="FILE")
    parser.add_argument("--readme", action="store_true", help="write the table into the READMEs")
    return parser.parse_args()


def _measured(options: argparse.Namespace, plan: list[list[Cell]]) -> dict[str, Any]:
    """All runs of a plan, as JSON; what is there is written after each."""
    found: dict[str, Any] = _heading(options)
    total, done = sum(map(len, plan)), 0
    options.results.parent.mkdir(parents=True, exist_ok=True)
    try:
        with opened(options.offers, options.seconds, PEERS / "bin" / "python") as setting:
            for cell in (cell for turn in plan for cell in turn):
                done += 1
                run = one(setting, cell)
                found["runs"].setdefault(cell.key, []).append(asdict(run))
                options.results.write_text(json.dumps(found))
                tell(f"{done}/{total} {cell.key}: {page.line(run)}")
    except KeyboardInterrupt:
        tell("stopped; the table has what was measured")
    return found


def _heading(options: argparse.Namespace) -> dict[str, Any]:
    packages = next(PEERS.glob("lib/python3*/site-packages"), PEERS)
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine.described(str(find_engine(None)), machine.versions(packages)),
        "seconds": options.seconds,
        "repetitions": options.repetitions,
        "runs": {},
    }


def one(setting: Setting, cell: Cell) -> Run:
    """One run with its items compared; whatever goes wrong is its result."""
    try:
        with _folder() as folder:
            run = perform(show_of(setting, cell, folder))
            stored, wrong = compared(cell, folder, setting.expected)
            return replace(run, items=stored, wrong=wrong)
    except Exception as error:  # noqa: BLE001 - a row that says why, and the next one
        return Run(failed=said(error))


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _read(told: dict[str, Any]) -> Run:
    return Run(**told | {"pages": [Page(**each) for each in told["pages"]]})


def tell(sentence: str) -> None:
    sys.stderr.write(f"bench: {sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
