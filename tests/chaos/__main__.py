"""Chaos by hand: `scripts/chaos --items 10000 --workers 4 --kills 300 --pauses 30 …`.

Prints one JSON document; leaves with 1 unless nothing was lost, doubled, wrong or left over.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

from tests.chaos.plan import FAULTS, Plan
from tests.chaos.scene import rage


def plan_of(words: list[str]) -> tuple[Plan, Path | None]:
    """The plan that the command line describes, and the folder to keep."""
    parser = argparse.ArgumentParser(prog="scripts/chaos")
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--contexts", type=int, default=2, help="of each worker's browser")
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--pauses", type=int, default=3)
    parser.add_argument("--database-restarts", type=int, default=1)
    parser.add_argument("--redis-restarts", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lease", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--faults", default=FAULTS, help="of the local 1688, KIND=RATE,…")
    parser.add_argument(
        "--offers-kept-light",
        dest="light",
        default=True,
        action=argparse.BooleanOptionalAction,
        help="pages without padding",
    )
    parser.add_argument("--seconds", type=float, default=0.0, help="deadline; 0: by the size")
    parser.add_argument("--folder", type=Path, help="keep logs, journals and databases here")
    chosen = vars(parser.parse_args(words))
    folder = chosen.pop("folder")
    return Plan(**chosen), folder


def main() -> None:
    """Rage, and tell."""
    plan, folder = plan_of(sys.argv[1:])
    signal.signal(signal.SIGTERM, _end)
    found = rage(plan, folder)
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False, default=str) + "\n")
    sys.exit(0 if found["clean"] else 1)


def _end(*_: object) -> None:
    """SIGTERM ends the storm like Ctrl-C: with everything that it started."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
