"""schemathesis over the whole API, against a real server on a filled database.

A longer run by hand: `SCHEMATHESIS_EXAMPLES=500 pytest tests/api/test_schema.py`.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.conftest import serving

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "12")
PATH = "/api/v1/openapi.json"
SEED = "20261126"
PROGRAM = str(Path(sys.executable).with_name("schemathesis"))
SECONDS = 280 if EXAMPLES == "12" else 3_600
RATES = {
    f"PWSYNC_API__{name}_PER_MINUTE": "10000000" for name in ("READS", "WRITES", "WRONG")
}  # fmt: skip
NO_BROWSER = {"PWSYNC_BROWSER__EXECUTABLE": "/nowhere", "PWSYNC_SITE__REPLICA": "127.0.0.1:9"}
"""Logins that are asked for end at once, and never at the real site."""
CONFIG = """\
headers = { Authorization = "Bearer ${TOKEN}" }

[checks]
# 400: what a schema cannot say of a value (whether a cursor is one of ours, a filter parses).
positive_data_acceptance.expected-statuses = [
    "2xx", "3xx", "400", "401", "403", "404", "409", "429",
]
# 413, 414: too long is wrong, too.
negative_data_rejection.expected-statuses = [
    "400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "428", "429",
]

# a stream goes on for an hour if nobody says otherwise
[[operations]]
include-name = "GET /api/v1/runs/{run}/events"
parameters = { seconds = 1 }
"""
"""The token comes by the environment: a command line is everybody's to read."""


@pytest.fixture(scope="module")
def server(home, tokens):
    with serving(home, **RATES, **NO_BROWSER) as running:
        yield running


def numbers(pattern: str, told: str) -> list[int]:
    found = re.search(pattern, told)
    assert found, told
    return [int(one) for one in found.groups()]


@pytest.mark.timeout(SECONDS + 20)
def test_nothing_is_found(server, tokens, tmp_path):
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    words = [
        "run",
        server.url + PATH,
        *("--checks", "all"),
        *("--max-examples", EXAMPLES),
        *("--seed", SEED),
        *("--phases", "examples,coverage,fuzzing,stateful"),
        *("--generation-database", "none"),
        "--continue-on-failure",
        "--no-color",
    ]
    document = json.loads(server.ask("GET", PATH, token=tokens["admin"]).text)
    count = sum(len(methods) for methods in document["paths"].values())
    done = subprocess.run(
        [PROGRAM, *words],
        cwd=tmp_path,
        env=os.environ | {"TOKEN": tokens["admin"], "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    (selected, total), (tested,) = (
        numbers(r"Selected: (\d+)/(\d+)", told),
        numbers(r"Tested: (\d+)", told),
    )
    assert selected == total == tested == count > 0, told
    generated, passed = numbers(r"(\d+) generated, (\d+) passed", told)
    assert generated == passed >= count, told
    assert server.ask("GET", "/healthz").status == 200
