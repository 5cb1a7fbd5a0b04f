"""`pwsync batch` and `pwsync scheduler` as programs: what they print, how they end, what they ride out."""

import json
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from croniter import croniter

from app.jobs import doorbell
from app.schedule import fires
from app.schedule.fires import Decision
from app.store.engine import open_engine
from tests.cli.conftest import PROGRAM
from tests.mariadb import running

OFTEN = '[[batch]]\nname = "often"\ncron = "* * * * *"\nfile = "refs.txt"\n'
NIGHTLY = '[[batch]]\nname = "nightly"\ncron = "30 2 * * *"\ntz = "Europe/Berlin"\nstale = "24h"\n'


@pytest.fixture
def declare(tmp_path: Path) -> Callable[..., None]:
    """Write pwsync.toml and the file that it names."""

    def write(*batches: str, refs: bool = True) -> None:
        (tmp_path / "pwsync.toml").write_text("\n".join(batches))
        if refs:
            (tmp_path / "refs.txt").write_text("600000000001\n600000000002\n")

    return write


@pytest.fixture
def missed(tmp_path: Path) -> Callable[[int], None]:
    """Let so many minutes have passed since the batches were last seen to."""

    def move(minutes: int) -> None:
        with sqlite3.connect(tmp_path / "data" / "pwsync.db") as conn:
            moved = "strftime('%Y-%m-%d %H:%M:%S.000000', due_at, ?)"
            conn.execute(f"UPDATE batch_fire SET due_at = {moved}", (f"-{minutes} minutes",))
        conn.close()

    return move


@pytest.fixture
def late(pwsync, declare, missed) -> Callable[[int], None]:
    """Declare a batch whose last so many minutes nobody has seen to."""

    def make(minutes: int) -> None:
        declare(OFTEN)
        pwsync("batch", "tick")
        missed(minutes)

    return make


@pytest.fixture
def start(
    tmp_path: Path, surroundings: dict[str, str]
) -> Iterator[Callable[..., subprocess.Popen]]:
    """Start a scheduler; it is ended when the test is."""
    children = []

    def begin(**more: str) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [PROGRAM, "scheduler"],
            env=surroundings | more,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield begin
    for child in children:
        if child.poll() is None:
            child.kill()
        child.communicate()


def until(child: "subprocess.Popen[str]", words: str) -> list[str]:
    """Lines until one holds the words."""
    lines = []
    for line in child.stderr:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"it ended with {child.wait()} before it said {words}: {lines}")


def test_without_batches_it_says_how_to_declare_one(pwsync):
    for words in (("list",), ("next",)):
        done = pwsync("batch", *words)
        assert done.returncode == 0
        assert "[[batch]]" in done.stdout
        assert json.loads(pwsync("batch", *words, "--json").stdout) == []
    assert pwsync("batch", "tick", "--json").stdout == "[]\n"


def test_the_list_tells_what_was_and_what_comes(pwsync, declare):
    declare(OFTEN, NIGHTLY)
    done = pwsync("batch", "list")
    assert done.returncode == 0
    assert "Europe/Berlin" in done.stdout
    assert done.stdout.count("not seen yet") == 2
    pwsync("batch", "fire", "often")
    often, nightly = json.loads(pwsync("batch", "list", "--json").stdout)
    assert (often["tz"], often["catchup"], often["last"]["run"]) == ("Asia/Shanghai", "15m", 1)
    assert nightly["last"] is None
    assert datetime.fromisoformat(nightly["next"]).strftime("%H:%M") == "02:30"


def test_next_shows_the_clock_of_the_batchs_zone(pwsync, declare):
    declare(OFTEN, NIGHTLY)
    done = pwsync("batch", "next", "nightly", "-n", "3")
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[1:] for line in lines] == [["Europe/Berlin", "nightly"]] * 3
    moments = [datetime.fromisoformat(line[0]) for line in lines]
    assert moments == sorted(moments)
    assert all(at.utcoffset() is not None and croniter.match("30 2 * * *", at) for at in moments)
    both = json.loads(pwsync("batch", "next", "-n", "2", "--json").stdout)
    assert [row["name"] for row in both] == ["often", "often", "nightly", "nightly"]


def test_tick_fires_what_is_due_and_tells(pwsync, declare, missed):
    declare(OFTEN, NIGHTLY)
    first = pwsync("batch", "tick", "--json")
    assert first.returncode == 0
    assert {row["decision"] for row in json.loads(first.stdout)} == {"begun"}
    missed(3)
    done = pwsync("batch", "tick", "--json")
    assert done.returncode == 0, done.stderr
    fired, *skipped = [row for row in json.loads(done.stdout) if row["name"] == "often"]
    assert (fired["decision"], fired["run"], fired["manual"]) == ("fired", 1, False)
    assert len(skipped) >= 2
    assert "pwsync resume" in done.stderr
    assert json.loads(pwsync("report", "1", "--json").stdout)["planned"] == 2
    assert pwsync("audit").returncode == 0


def test_a_relative_file_lies_beside_the_configuration(pwsync, declare, tmp_path):
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "other.toml").write_text(OFTEN)
    (folder / "refs.txt").write_text("600000000001\n")
    done = pwsync("--config", "etc/other.toml", "batch", "fire", "often")
    assert (done.returncode, done.stdout.split()[-3:]) == (0, ["fired", "run", "1"]), done.stderr


def test_a_source_that_fails_is_exit_3_and_the_rest_goes_on(pwsync, declare, missed):
    declare(OFTEN.replace("often", "broken").replace("refs", "none"), OFTEN)
    pwsync("batch", "tick")
    missed(1)
    done = pwsync("batch", "tick")
    assert done.returncode == 3
    broken, fine = (line for line in done.stdout.splitlines() if "missed" not in line)
    assert "failed" in broken
    assert "none.txt: No such file or directory" in broken
    assert "fired run 1" in fine
    assert pwsync("batch", "fire", "broken").returncode == 3


def test_fire_opens_a_run_unless_one_is_unfinished(pwsync, declare):
    declare(OFTEN)
    assert pwsync("batch", "fire", "often").returncode == 0
    again = pwsync("batch", "fire", "often")
    assert (again.returncode, again.stdout) == (9, "")
    assert again.stderr == (
        "pwsync: batch often: run 1 is not finished; `pwsync resume 1` goes on with it\n"
    )
    unknown = pwsync("batch", "fire", "offen")
    assert (unknown.returncode, unknown.stderr) == (
        2, "pwsync: there is no batch offen; known: often\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('cron = "0 3 * *"', "batch 'often', cron: '0 3 * *' has not the five fields"),
        ('tz = "Asia/Beijing"', "batch 'often', tz: 'Asia/Beijing' is no time zone"),
        ('catchup = "soon"', "batch 'often', catchup: 'soon' is no duration"),
        ("limit = 0", "batch 'often', limit:"),
        ("crn = 1", "batch 'often', crn:"),
        ('stale = "1d"', "batch 'often', source: give exactly one"),
        ('keyword = "杯子"', "batch 'often', source: give exactly one"),
        ('shop = "s.1688.com"', "batch 'often', shop: 's.1688.com' is a search page"),
        ('category = "lamps"', "batch 'often', category: 'lamps' is no category"),
        ('profile = "A b"', "batch 'often', profile:"),
        ('name = "a/b"', "batch 'a/b', name:"),
        (f"\n{OFTEN}", "batch 'often', name: two batches have it"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_batch_and_key(pwsync, declare, line, told):
    key = line.partition("=")[0]
    declare("\n".join([one for one in OFTEN.splitlines() if not one.startswith(key)] + [line]))
    done = pwsync("batch", "list")
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_tick_rings_for_the_workers(pwsync, declare, missed, redis_server):
    declare(OFTEN)
    url = {"PWSYNC_REDIS_URL": redis_server.url}
    redis_server.flush()
    pwsync("batch", "tick", **url)
    missed(1)
    assert pwsync("batch", "tick", **url).returncode == 0
    with doorbell.connect(redis_server.url) as connection:
        assert doorbell.pending(connection)["default"] == {1: 1}


def test_tick_without_redis_opens_the_run_all_the_same(pwsync, declare, missed, tmp_path):
    declare(OFTEN)
    pwsync("batch", "tick")
    missed(1)
    done = pwsync("batch", "tick", PWSYNC_REDIS_URL=f"unix://{tmp_path}/none")
    assert done.returncode == 0
    assert "fired run 1" in done.stdout
    assert "run 1 is opened and begins when a worker finds it" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_scheduler_fires_rings_and_ends_with_0(late, start, redis_server, number):
    late(1)
    redis_server.flush()
    child = start(PWSYNC_REDIS_URL=redis_server.url)
    until(child, "fired run 1")
    child.send_signal(number)
    child.communicate(timeout=30)
    assert child.returncode == 0
    with doorbell.connect(redis_server.url) as connection:
        assert doorbell.pending(connection)["default"] == {1: 1}


def test_a_scheduler_rings_for_a_run_that_nobody_knows_of(pwsync, declare, start, redis_server):
    declare(OFTEN)
    redis_server.flush()
    pwsync("batch", "fire", "often")  # without Redis
    child = start(PWSYNC_REDIS_URL=redis_server.url)
    until(child, "run 1 has work")
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)
    with doorbell.connect(redis_server.url) as connection:
        assert doorbell.pending(connection)["default"] == {1: 1}


def test_a_scheduler_waits_for_a_database_that_is_away_and_says_so_once(
    tmp_path_factory, declare, start
):
    declare(OFTEN)
    with running(tmp_path_factory.mktemp("away")) as server:
        url = server.new_database()
        child = start(PWSYNC_DATABASE_URL=url)
        until(child, "begun")
        server.stop(signal.SIGKILL)
        until(child, "waiting for the database")
        server.start()
        lines = until(child, "the database is back")
        assert [line for line in lines if "waiting" in line] == []
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 0
        engine = open_engine(url)
        assert fires.recent(engine, "often")[-1].decision == Decision.BEGUN
        engine.dispose()
