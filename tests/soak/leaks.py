"""A build that leaks, for `pwsync soak` to find: `scripts/soak --leak fd|context|child [--pages 300]`.

The leak is put round the runtime from outside, once every 50 pages; the product knows nothing of it.
Leaves with 0 if the soak turned red by the gate that is there for such a leak.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, redirect_stdout
from io import StringIO
from typing import Any
from unittest.mock import patch

from app import wiring
from app.cli.main import app

EVERY = 50
GATES = {"fd": "fds slope", "context": "contexts max", "child": "zombies max"}
_kept: list[Any] = []
_open_runtime = wiring.open_runtime


async def fd(_: Any) -> None:
    _kept.append(os.open(os.devnull, os.O_RDONLY))


async def context(runtime: Any) -> None:
    if browser := runtime.pool._fleet.browser:
        _kept.append(await browser.open_context())


async def child(_: Any) -> None:
    _kept.append(subprocess.Popen(["true"]))  # noqa: ASYNC220 - and nobody asks how it ended


LEAKS = {"fd": fd, "context": context, "child": child}


def leaking(kind: str, every: int = EVERY) -> Callable[..., Any]:
    """`wiring.open_runtime`, but something is left behind each so many pages."""

    @asynccontextmanager
    async def opened(settings, engine, *, tell) -> AsyncIterator[Any]:
        pages, dripping = 0, set()
        loop = asyncio.get_running_loop()

        def told(event) -> None:
            nonlocal pages
            pages += 1
            if pages % every == 0:
                task = loop.create_task(LEAKS[kind](runtime))
                dripping.add(task)
                task.add_done_callback(dripping.discard)
            tell(event)

        async with _open_runtime(settings, engine, tell=told) as runtime:
            yield runtime

    return opened


def soaked(kind: str, pages: int, *more: str, every: int = EVERY) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a soak of a build that leaks so."""
    said = StringIO()
    words = ["soak", "--pages", str(pages), "--progress", "none", "--json", *more]
    with patch.object(wiring, "open_runtime", leaking(kind, every)), redirect_stdout(said):
        code = app(words, standalone_mode=False)
    return int(code or 0), json.loads(said.getvalue())


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["verdict"] for one in report["gates"] + report["books"]}


def main() -> None:
    """Leak, and see whether it was seen."""
    parser = argparse.ArgumentParser(prog="scripts/soak")
    parser.add_argument("--leak", choices=sorted(LEAKS), required=True)
    parser.add_argument("--pages", type=int, default=300)
    options, more = parser.parse_known_args()
    code, report = soaked(options.leak, options.pages, *more)
    found = verdicts(report)
    red = [name for name, verdict in found.items() if verdict == "fail"]
    told = {"leak": options.leak, "exit": code, "failed": red, "figures": report["figures"]}
    print(json.dumps(told, indent=1))  # noqa: T201 - its output
    sys.exit(0 if found[GATES[options.leak]] == "fail" and code else 1)


if __name__ == "__main__":
    main()
