"""A bad day at the site, by hand: `scripts/guests [--offers 2000] [--workers 4] …`.

Prints one JSON document; leaves with 1 unless everything was as it must be.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

from tests.guests.scene import Plan, play


def plan_of(words: list[str]) -> Plan:
    """The plan that the command line describes."""
    parser = argparse.ArgumentParser(prog="scripts/guests")
    for one in fields(Plan):
        kind = type(one.default)
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=kind, default=one.default)
    return Plan(**vars(parser.parse_args(words)))


def main() -> None:
    """Play it, and tell."""
    with tempfile.TemporaryDirectory(prefix="pw") as folder:
        found = play(plan_of(sys.argv[1:]), Path(folder))
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False, default=str) + "\n")
    sys.exit(0 if found["clean"] else 1)


if __name__ == "__main__":
    main()
