"""The workers' journals against the books: honest ones agree, each kind of lie has its class."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app.runs import history
from app.runs.history import Account, Held, HistoryUnreadable, Try, compare, judge
from app.runs.journal import Journal, JournalUnwritable, commit_noted
from app.runs.outcomes import MOST_EXCUSED, Gone, Retry
from app.runs.settling import Fenced, commit
from tests.runs.books import LEASE, new_run, pass_time, stores, take, take_one
from tests.runs.test_audit_command import pwsync  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
OFFERS = [str(600_000_000_001 + number) for number in range(4)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def run(engine, folder):
    """A run of four, worked through with journals by two workers: stored, gone, retried, stored."""
    run = new_run(engine, 4)
    work_through(engine, run, folder)
    return run


def work_through(engine, run, folder):
    first, second = Journal(folder, "here:1:1"), Journal(folder, "here:2:2")
    ways = [None, Gone(reason="deleted"), Retry(reason="timeout"), None]
    for number, (one, way) in enumerate(zip(take(engine, run, 4), ways, strict=True)):
        work = stores(one) if way is None else (lambda _, way=way: way)
        commit_noted((first, second)[number % 2], engine, one, work)
    first.close()
    second.close()


def numbers(found) -> tuple[int, int, int, int]:
    return found.lost, found.unexpected, found.duplicated, found.recovered


def change(engine, *statements: str):
    with engine.begin() as conn:
        for statement in statements:
            conn.execute(text(statement))


def test_an_honest_history_agrees(engine, folder, run):
    found = compare(engine, folder)
    assert (found.files, found.acknowledged, numbers(found)) == (2, 4, (0, 0, 0, 0))
    assert found.clean
    assert compare(engine, folder, run.id).acknowledged == 4


def test_a_line_has_what_names_the_try(engine, folder, run):
    lines = [json.loads(line) for line in (folder / "here-1-1.jsonl").read_text().splitlines()]
    assert [line["ending"] for line in lines] == [None, "created", None, "retry"]
    assert {tuple(line) for line in lines} == {("run", "offer", "attempt", "token", "ending", "at")}
    assert (lines[1]["run"], lines[1]["offer"], lines[1]["token"]) == (run.id, OFFERS[0], 1)


@pytest.mark.parametrize(
    "statement",
    [
        f"DELETE FROM attempt WHERE offer_id = {OFFERS[3]}",
        f"DELETE FROM run_item WHERE offer_id = {OFFERS[1]}",
        f"UPDATE attempt SET ending = 'abandoned' WHERE offer_id = {OFFERS[0]}",
        f"UPDATE run_item SET state = 'queued' WHERE offer_id = {OFFERS[0]}",
        f"UPDATE attempt SET token = token + 1 WHERE offer_id = {OFFERS[2]}",
    ],
)
def test_what_the_books_dropped_is_lost(engine, folder, run, statement):
    change(engine, statement)
    found = compare(engine, folder)
    assert found.lost == 1
    assert not found.clean
    assert found.examples["lost"][0].startswith(f"run {run.id}, offer 6000000000")


def test_a_run_that_vanished_is_lost_as_a_whole(engine, folder, run):
    change(engine, "DELETE FROM run_item", "DELETE FROM run")
    assert compare(engine, folder).lost == 4


def test_a_line_twice_is_a_duplicate(engine, folder, run):
    path = folder / "here-1-1.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]))
    found = compare(engine, folder)
    assert numbers(found) == (0, 0, 1, 0)
    assert not found.clean


def test_two_workers_that_both_ended_an_item_are_a_duplicate(engine, folder, run):
    path = folder / "here-2-2.jsonl"
    again = json.loads(path.read_text().splitlines()[1]) | {"attempt": 2, "token": 2}
    with path.open("a") as file:
        file.write(json.dumps(again) + "\n")
    found = compare(engine, folder)
    assert (found.lost, found.duplicated) == (1, 1)


def test_a_commit_whose_answer_never_came_is_recovered(engine, folder):
    run = new_run(engine, 2)
    kept, undone = take(engine, run, 2)
    journal = Journal(folder, "here")
    journal.intend(kept)
    commit(engine, kept, stores(kept))
    journal.intend(undone)
    found = compare(engine, folder)
    assert (found.acknowledged, numbers(found)) == (0, (0, 0, 0, 1))
    assert found.clean


def test_what_no_worker_meant_to_write_is_unexpected(engine, folder, run):
    stranger = new_run(engine, 1)
    one = take_one(engine, stranger)
    commit(engine, one, stores(one))
    assert numbers(compare(engine, folder)) == (0, 0, 0, 0), "no journal tells of that run"
    Journal(folder, "later").intend(one)
    assert compare(engine, folder).recovered == 1
    assert compare(engine, folder, run.id).recovered == 0


def test_a_fenced_commit_is_meant_and_not_in_the_books(engine, folder):
    run = new_run(engine, 1)
    journal = Journal(folder, "slow")
    slow = take_one(engine, run)
    pass_time(engine, LEASE + 1)
    quick = take_one(engine, run)
    commit_noted(Journal(folder, "quick"), engine, quick, stores(quick))
    with pytest.raises(Fenced):
        commit_noted(journal, engine, slow, stores(slow))
    found = compare(engine, folder)
    assert (*numbers(found), found.fenced) == (0, 0, 0, 0, 1)
    change(engine, "UPDATE attempt SET ending = 'created' WHERE attempt = 1")
    assert compare(engine, folder).unexpected == 1


def test_an_item_given_up_because_its_workers_died_is_nobodys_settlement(engine, folder):
    run = new_run(engine, 1)
    one = take_one(engine, run)
    Journal(folder, "dead").intend(one)
    for _ in range(MOST_EXCUSED):
        pass_time(engine, LEASE + 1)
        take(engine, run)
    assert numbers(compare(engine, folder, run.id)) == (0, 0, 0, 0)


def test_a_torn_last_line_was_not_acknowledged(engine, folder, run):
    path = folder / "here-1-1.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    found = compare(engine, folder)
    assert (found.acknowledged, numbers(found)) == (3, (0, 0, 0, 1))


@pytest.mark.parametrize("line", ["{", "{}", '{"run": 1}', "[]", "7", '{"run": "x"}'])
def test_a_line_that_is_no_line_of_a_journal_is_told_with_its_place(engine, folder, line):
    folder.mkdir()
    (folder / "one.jsonl").write_text(f"{line}\n")
    with pytest.raises(HistoryUnreadable, match=r"one\.jsonl, line 1"):
        compare(engine, folder)


def test_an_empty_folder_is_no_history(engine, folder):
    with pytest.raises(HistoryUnreadable, match="no journal"):
        compare(engine, folder)


def test_judging_counts_each_acknowledgement_beyond_the_first():
    one, other = Try(1, "7", 1, 1), Try(1, "7", 2, 2)
    account = Account(acknowledged={one: ["created", "created", "created"], other: ["created"]})
    held = {one: Held("created", None, "created"), other: Held("created", None, "created")}
    assert judge(account, held).duplicated == 3


def test_examples_are_few_though_all_are_counted(engine):
    told = {Try(1, str(n), 1, 1): ["gone"] for n in range(100)}
    found = judge(Account(acknowledged=told), {})
    assert (found.lost, len(found.examples["lost"])) == (100, history.EXAMPLES)


def test_a_journal_that_cannot_be_written_stops_before_the_commit(engine, tmp_path):
    run = new_run(engine, 1)
    one = take_one(engine, run)
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnwritable, match=r"journal .*file"):
        commit_noted(Journal(tmp_path / "file", "here"), engine, one, stores(one))
    commit(engine, one, stores(one))  # nothing had happened to it


FULL = """
import resource, signal, sys
from pathlib import Path
from app.runs.journal import Journal, JournalUnwritable
from tests.runs.test_history import a_claim
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path(sys.argv[1]), "here")
journal.intend(a_claim())
resource.setrlimit(resource.RLIMIT_FSIZE, (150, 150))
for _ in range(2):
    try:
        journal.intend(a_claim())
    except JournalUnwritable as error:
        print(error)
"""


def test_a_full_disk_is_told(folder):
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "no space left" in told.stdout.splitlines()[0]
    assert "File too large" in told.stdout.splitlines()[1]


def a_claim():
    from app.runs.claims import Claim  # noqa: PLC0415 - for the program above

    return Claim(
        run_id=1, offer_id="7", attempt=1, token=1, owner="o", charges=0, excused=0, allowed=3
    )


def test_the_command_tells_the_four_counts_and_leaves_with_ten(pwsync, sqlite_engine, folder):  # noqa: F811
    run = new_run(sqlite_engine, 4)
    work_through(sqlite_engine, run, folder)
    good = pwsync("audit", "--history", str(folder))
    assert good.returncode == 0, good.stderr
    line = "history of 2 workers, 4 settlements: 0 lost, 0 unexpected, 0 duplicated, 0 recovered; "
    assert good.stdout.splitlines()[1].startswith(line)
    path = folder / "here-1-1.jsonl"
    path.write_text(path.read_text() * 2)
    bad = pwsync("audit", str(run.id), "--history", str(folder))
    assert bad.returncode == 10
    assert "duplicated: run" in bad.stdout
    told = json.loads(pwsync("audit", "--history", str(folder), "--json").stdout)
    assert told["history"]["duplicated"] == 2
    assert told["clean"] is False
    assert pwsync("audit", "--history", str(folder / "none")).returncode == 2
