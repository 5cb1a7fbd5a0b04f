"""Field accuracy over pages that a person checked, and how such pages are made."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from app.cli.golden import golden
from app.cli.main import app
from app.extract.base import Snapshot
from app.quality import golden as pages
from tests.archive.conftest import CAPTURES, PAGES
from tests.extract.test_captures import FACTS

PAGE = PAGES / "context" / "single.html"


def measure(folder, *words):
    done = CliRunner().invoke(app, ["accuracy", str(folder), "--json", *words])
    return done.exit_code, json.loads(done.stdout) if done.stdout else done.output


def test_the_replicas_pages_are_read_without_a_mistake():
    code, told = measure(PAGES)
    assert (code, told["percent"], told["wrong"], told["unchecked"]) == (0, 100.0, [], 0)
    assert told["pages"] == len(list(PAGES.glob("*/*.json")))
    assert 99.5 < told["low"] < told["high"] == 100.0


@pytest.mark.skipif(not CAPTURES.exists(), reason="real pages are not on this machine")
def test_real_pages_are_read_without_a_mistake(tmp_path):
    for name, facts in FACTS.items():
        stem = tmp_path / name.replace("/", "-").replace(".", "-")
        shutil.copy(CAPTURES / name, stem.with_suffix(".html"))
        stem.with_suffix(".json").write_text(json.dumps(facts), "utf-8")
    code, told = measure(tmp_path)
    assert (code, told["percent"], told["wrong"]) == (0, 100.0, [])
    assert told["number"] == sum(len(facts) for facts in FACTS.values())


@pytest.fixture
def folder(tmp_path):
    for suffix in (".html", ".json"):
        shutil.copy(PAGE.with_suffix(suffix), tmp_path / f"one{suffix}")
    return tmp_path


def test_a_wrong_field_is_named_and_below_the_least_the_exit_code_is_3(folder):
    values = json.loads((folder / "one.json").read_text("utf-8"))
    (folder / "one.json").write_text(json.dumps(values | {"title": "another"}), "utf-8")
    code, told = measure(folder)
    assert code == 3
    assert [(one["field"], one["wanted"]) for one in told["wrong"]] == [("title", "another")]
    assert told["fields"]["title"]["percent"] == 0
    assert measure(folder, "--least", "90")[0] == 0
    shown = CliRunner().invoke(app, ["accuracy", str(folder)])
    assert "another" in shown.stdout
    assert "95 % interval" in shown.stdout


def test_pages_that_nobody_checked_do_not_count(folder):
    snapshot = Snapshot(document=PAGE.read_bytes())
    made = pages.write(folder, "new", snapshot, source="evidence")
    code, told = measure(folder)
    assert (code, told["pages"], told["unchecked"]) == (0, 1, 1)
    note = made.with_suffix(pages.NOTE)
    note.write_text(note.read_text("utf-8").replace("false", "true"), "utf-8")
    assert measure(folder)[1]["pages"] == 2
    with pytest.raises(FileExistsError):
        pages.write(folder, "new", snapshot, source="again")


def test_nothing_to_measure_is_told(tmp_path):
    done = CliRunner().invoke(app, ["accuracy", str(tmp_path)])
    assert isinstance(done.exception, pages.GoldenError)
    (tmp_path / "broken.json").write_text("[]", "utf-8")
    with pytest.raises(pages.GoldenError, match="no object"):
        list(pages.judge(tmp_path / "broken.json"))


def test_evidence_becomes_a_golden_page(tmp_path, capsys):
    golden(PAGE, None, None, tmp_path, "mine")
    assert "set checked in mine.note.json" in capsys.readouterr().out
    assert json.loads((tmp_path / "context" / "mine.note.json").read_text()) == {
        "checked": False,
        "source": "single.html",
    }
    assert (tmp_path / "context" / "mine.html").read_bytes() == PAGE.read_bytes()
