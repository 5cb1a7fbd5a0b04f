"""How light commands start: one that only reads the database loads no browser and no web client."""

import json
import subprocess
import sys

import pytest

HEAVY = ("playwright", "httpx", "PIL", "fastapi", "rq", "browsers.pool")
LIGHT = (
    "status",
    "runs",
    "report 1",
    "search tea",
    "show 600000000001",
    "why 600000000001",
    "history 600000000001",
    "changes",
    "audit",
    "batch list",
    "quarantine list",
    "groups list",
    "alerts list",
    "logs",
    "config show",
    "pause 1",
)
LOOK = """
import contextlib, io, json, sys
from app.cli.main import app

found = {}
for line in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception, SystemExit):
        app(line.split(), standalone_mode=False)
    found[line] = [name for name in json.loads(sys.argv[2]) if name in sys.modules]
print(json.dumps(found))
"""


def loaded(lines, surroundings):
    """By command what it and those before it have loaded of what is heavy."""
    words = [sys.executable, "-c", LOOK, json.dumps(lines), json.dumps(HEAVY)]
    told = subprocess.run(words, env=surroundings, capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


def test_what_only_reads_the_database_loads_no_browser(surroundings):
    found = loaded(LIGHT, surroundings)
    assert {line: heavy for line, heavy in found.items() if heavy} == {}
    assert list(found) == list(LIGHT)


@pytest.mark.parametrize("line", ["plan 600000000001"])
def test_a_command_that_needs_more_is_seen_to(line, surroundings):
    """Else the list above would prove nothing."""
    assert loaded([line], surroundings)[line]
