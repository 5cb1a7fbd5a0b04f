"""A small soak with everything real, of a build that forgets a context now and then."""

import json
import os

import pytest
from typer.testing import CliRunner

from app.cli import exits
from app.cli.main import app
from app.soak.kin import MARK
from tests.soak.leaks import GATES, soaked, verdicts

PAGES = 60


def test_a_soak_finds_the_leak_and_nothing_else(tmp_path):
    folder = tmp_path / "soak"
    more = ["--offers", "30", "-c", "2", "--folder", str(folder)]
    code, report = soaked("context", PAGES, *more, every=4)

    found = verdicts(report)
    assert [name for name, verdict in found.items() if verdict == "fail"] == [GATES["context"]]
    assert code == exits.LIMIT
    assert report["figures"]["pages"] >= PAGES
    assert report["runs"] == 2
    assert report["compared_values"] > 100
    assert report == json.loads((folder / "report.json").read_text())

    samples = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    last = samples[-1]
    assert last["pss"]["driver"] > 20
    assert last["pss"]["total"] > last["pss"]["python"] > 50
    assert last["members"]["browser"] >= 1
    assert sum(len(one["page_ms"]) for one in samples) == last["pages"]
    assert all(one["lag_ms"] for one in samples[1:])
    assert (folder / "data").is_dir(), "what failed is kept"
    assert MARK not in os.environ


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mode", "wild"], "--mode wild: choose one of"),
        (["--faults", "plague=1"], "plague"),
        (["--progress", "film"], "--progress film: choose one of"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_begins(words, said, tmp_path):
    done = CliRunner().invoke(app, ["soak", "--folder", str(tmp_path / "new"), *words])
    assert said in str(done.exception)
    assert not (tmp_path / "new").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    done = CliRunner().invoke(app, ["soak", "--folder", str(tmp_path)])
    assert "is not empty" in str(done.exception)
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.txt"]
