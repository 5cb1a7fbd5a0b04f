"""The checkup: each finding on real servers and folders, well and broken."""

import json
import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from app.cli.main import app
from app.images.files import Shelf
from app.jobs.doorbell import open_client
from app.pace.values import Pace
from app.profiles import rows
from app.profiles.jar import Jar
from app.runtime import Manners
from app.services.checkup import collect, machine
from app.services.checkup.findings import Finding, Level, Means
from app.services.desk import Desk
from app.store.engine import open_engine, transact
from browsers.values import Launch
from tests.redis_server import running

PACE = Pace(
    gap=(0, 0),
    list_gap=(0, 0),
    per_day=None,
    egress_per_day=None,
    quiet=None,
    zone=ZoneInfo("Asia/Shanghai"),
)


def means_of(folder: Path, engine, redis=None, **more) -> Means:
    manners = Manners(
        pace=PACE,
        profiles={},
        jar=Jar(folder / "profiles"),
        rests=(timedelta(minutes=15),),
    )
    desk = Desk(
        engine=engine,
        redis=redis,
        folder=folder,
        archive=folder / "archive",
        shelf=Shelf(folder=folder / "images"),
        manners=manners,
        mode="natural",
        attempts=3,
    )
    told = {"contexts": 2, "host": "0.0.0.0", "is_reachable": False, "tokens": lambda: 0} | more
    return Means(desk=desk, launch=Launch(), **told)


def looked(means: Means) -> dict[str, Finding]:
    """By name."""
    return {one.name: one for one in collect.findings(means, browser=False)}


def bad(means: Means) -> dict[str, Level]:
    return {name: one.level for name, one in looked(means).items() if one.level is not Level.OK}


def test_all_is_well_where_all_is_well(tmp_path, engine, redis_server):
    with redis_server.client() as client:
        client.config_set("appendonly", "yes")
        client.config_set("maxmemory-policy", "noeviction")
    if engine.dialect.name == "mysql":
        with engine.begin() as conn:
            conn.execute(text("ALTER DATABASE CHARACTER SET utf8mb4"))
    found = looked(means_of(tmp_path, engine, open_client(redis_server.url)))
    assert {one.level for one in found.values()} == {Level.OK}, found
    assert not any(one.fix for one in found.values())
    own = {"sqlite": {"journal"}, "mysql": {"charset", "collation", "SQL modes", "durability"}}
    assert own[engine.dialect.name] <= set(found)
    assert {"redis clock", "database clock", "redis eviction", "disk", "tokens"} <= set(found)


def test_servers_that_are_down_are_told_with_what_to_do_and_without_passwords(tmp_path):
    engine = open_engine("mysql+pymysql://somebody:geheim@127.0.0.1:1/pwsync")
    found = looked(means_of(tmp_path, engine, open_client("redis://:geheim@127.0.0.1:1/0")))
    assert found["database"].level is found["redis"].level is Level.FAIL
    assert "database_url" in found["database"].fix
    assert "systemctl start redis" in found["redis"].fix
    assert "geheim" not in str(found)
    assert found["disk"].level is Level.OK


def test_a_redis_that_forgets_is_told(tmp_path, sqlite_engine, tmp_path_factory):
    with running(tmp_path_factory.mktemp("r"), append_only=False) as server:
        with server.client() as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
        means = means_of(tmp_path, sqlite_engine, open_client(server.url))
        assert bad(means) == {"redis keeping": Level.WARN, "redis eviction": Level.FAIL}
        with server.client() as client:
            client.config_set("maxmemory", "100mb")
        assert "100 MiB" in looked(means)["redis eviction"].says


def test_a_database_with_another_charset_and_collation_is_told(tmp_path, mariadb):
    url = mariadb.new_database()
    engine = open_engine(url)
    name = engine.url.database
    mariadb.execute(f"ALTER DATABASE {name} CHARACTER SET latin1")
    mariadb.execute(f"CREATE TABLE {name}.loose (a VARCHAR(9)) COLLATE utf8mb4_general_ci")
    found = looked(means_of(tmp_path, engine))
    assert found["charset"].level is Level.WARN
    assert found["collation"].level is Level.FAIL
    assert "loose" in found["collation"].says
    for fix in (found["charset"].fix, found["collation"].fix):
        with engine.begin() as conn:
            conn.execute(text(fix))
    assert bad(means_of(tmp_path, open_engine(url))) == {}


@pytest.mark.parametrize(
    ("told", "level"), [("0001", Level.WARN), ("9999", Level.FAIL)], ids=["older", "newer"]
)
def test_another_revision_is_told(tmp_path, engine, told, level):
    def note(conn, revision):
        conn.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})

    before = looked(means_of(tmp_path, engine))["migrations"]
    transact(engine, lambda conn: note(conn, told))
    try:
        assert bad(means_of(tmp_path, engine))["migrations"] is level
    finally:
        transact(engine, lambda conn: note(conn, before.says.split()[1].strip(",")))


def test_folders_that_cannot_be_written_are_told(tmp_path, sqlite_engine):
    (tmp_path / "archive").write_text("a file in the way")
    assert bad(means_of(tmp_path, sqlite_engine)) == {"archive folder": Level.FAIL}


def test_too_many_pages_for_the_memory_are_told_with_a_number_that_fits(tmp_path, sqlite_engine):
    crowded = means_of(tmp_path, sqlite_engine, contexts=100_000)
    found = looked(crowded)["memory"]
    assert found.level is Level.WARN
    fits = int(found.fix.split("= ")[1].split(",")[0])
    assert bad(replace(crowded, contexts=fits)) == {}


@pytest.mark.parametrize(
    ("own", "file"),
    [
        ("0::/work/inner\n", "work/memory.max"),
        ("0::/outside/of/the/container\n", "memory.max"),
        ("3:cpu,memory:/work\n", "memory/work/memory.limit_in_bytes"),
    ],
    ids=["above us", "own root", "version 1"],
)
def test_the_least_limit_of_the_control_groups_holds(tmp_path, own, file):
    groups, cgroup = tmp_path / "groups", tmp_path / "cgroup"
    cgroup.write_text(own)
    (groups / file).parent.mkdir(parents=True)
    (groups / file).write_text("max\n")
    whole = machine.memory_limit_mb(groups, cgroup)
    (groups / file).write_text(f"{300 * 2**20}\n")
    assert machine.memory_limit_mb(groups, cgroup) == 300 < whole


def test_a_server_for_others_needs_tokens(tmp_path, sqlite_engine):
    assert bad(means_of(tmp_path, sqlite_engine, is_reachable=True)) == {"tokens": Level.FAIL}
    assert bad(means_of(tmp_path, sqlite_engine, is_reachable=True, tokens=lambda: 1)) == {}


def cookies(**more) -> dict:
    named = {"unb": "1", "__cn_logon__": "true", "lid": "tb_buyer"}
    rest = {"domain": ".1688.com", "path": "/", "expires": -1} | more
    return {"cookies": [{"name": n, "value": v, **rest} for n, v in named.items()], "origins": []}


@pytest.mark.parametrize(
    ("ends_in", "says", "level"),
    [
        (None, "logged in as tb_buyer", Level.OK),
        (30 * 86_400, "logged in as tb_buyer", Level.OK),
        (86_400, "ends in 1.0 days", Level.WARN),
        (-60, "has expired", Level.WARN),
    ],
)
def test_a_login_that_ends_is_told(tmp_path, sqlite_engine, ends_in, says, level):
    means = means_of(tmp_path, sqlite_engine)
    expires = {} if ends_in is None else {"expires": time.time() + ends_in}
    means.desk.manners.jar.save("buyer", cookies(**expires))
    found = looked(means)["profile buyer"]
    assert says in found.says
    assert found.level is level
    assert (found.fix == "pwsync login --profile buyer") is (level is not Level.OK)


def test_cookies_that_others_may_read_are_told(tmp_path, sqlite_engine):
    means = means_of(tmp_path, sqlite_engine)
    jar = means.desk.manners.jar
    jar.save("buyer", cookies())
    jar.path("buyer").chmod(0o644)
    found = looked(means)["profile buyer"]
    assert found.level is Level.FAIL
    assert f"chmod 600 {jar.path('buyer')}" in found.fix


def test_a_profile_that_rests_is_told(tmp_path, engine):
    means = means_of(tmp_path, engine)
    rows.note_block(engine, "guest", "slider: 请按住滑块", means.desk.manners.rests)
    found = looked(means)["rest"]
    assert found.level is Level.WARN
    assert "guest rests until" in found.says


def test_a_check_that_breaks_down_keeps_no_other_from_its_finding(
    tmp_path, sqlite_engine, monkeypatch
):
    def broken(_):
        raise OSError("out of everything; try again")

    monkeypatch.setitem(collect.QUICK, "database", broken)
    found = looked(means_of(tmp_path, sqlite_engine))
    assert (found["database"].says, found["database"].fix) == ("out of everything", "try again")
    assert found["disk"].level is Level.OK


def test_the_command_says_it_as_json_and_by_its_exit_code(tmp_path, monkeypatch):
    monkeypatch.setenv("PWSYNC_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PWSYNC_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(collect, "ENGINE", {})
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 7
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert set(found["redis"]) == {"name", "level", "says", "fix"}
    assert found["redis"]["level"] == "fail"
    monkeypatch.delenv("PWSYNC_REDIS_URL")
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0


def test_the_database_alone_is_checked_by_its_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PWSYNC_DATA_DIR", str(tmp_path / "data"))
    check = ["db", "check", "--json"]
    assert CliRunner().invoke(app, check).exit_code == 7
    assert CliRunner().invoke(app, ["db", "migrate"]).exit_code == 0
    done = CliRunner().invoke(app, check)
    assert done.exit_code == 0
    assert {one["level"] for one in json.loads(done.stdout)} == {"ok"}
    with sqlite3.connect(tmp_path / "data" / "pwsync.db") as conn:
        conn.execute("ALTER TABLE offer DROP COLUMN language")
    conn.close()
    done = CliRunner().invoke(app, check)
    assert done.exit_code == 7
    assert "offer.language: missing" in done.stdout


def test_status_does_not_take_a_redis_that_is_down_for_one_without_workers(tmp_path, monkeypatch):
    monkeypatch.setenv("PWSYNC_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PWSYNC_REDIS_URL", "redis://127.0.0.1:1/0")
    assert "workers are unknown" in CliRunner().invoke(app, ["status"]).stdout
    done = CliRunner().invoke(app, ["status", "--json"])
    assert json.loads(done.stdout) == {"runs": [], "workers": None}
    monkeypatch.delenv("PWSYNC_REDIS_URL")
    assert json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)["workers"] == []
