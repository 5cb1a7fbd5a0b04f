"""No secret is left anywhere: each is a distinct word, and everything that is written is read."""

import gzip
import json
import subprocess
import threading
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import make_url, select

from app.models import Row
from app.profiles.jar import Jar
from app.replica.serve import running
from app.store.engine import open_engine, reading
from tests.browsers.proxy_server import ProxyServer
from tests.server.conftest import PROGRAM, environment, run, serving

SECRETS = {
    name: f"kanari{number}{name}Wq7Zx3Rt9LmQ4" for number, name in enumerate(
        ("database", "redis", "proxy", "cookie", "token", "notify", "key", "backup")
    )
}  # fmt: skip
WORDS = [word.encode() for word in SECRETS.values()]
CONFIG = """
[notify]
urls = ["json://anna:{notify}@127.0.0.1:9/hook/{key}"]
[[alert]]
name = "cheap"
all = true
price_below = 1000000
[[profile]]
name = "anna"
proxy = "{proxy_url}"
"""
LATER = """
[api]
token = "{token}"
"""


def leaks(content: bytes) -> list[str]:
    """Which secrets stand in it."""
    return [word.decode() for word in WORDS if word.lower() in content.lower()]


@dataclass
class Scene:
    """What the flow has left."""

    folder: Path
    more: dict[str, str]
    redis: Redis
    commands: set[bytes]
    said: str
    metrics: str


def in_files(folder: Path) -> dict[str, list[str]]:
    """By file what leaks; cookies are where they belong."""
    files = [path for path in folder.rglob("*") if path.is_file() and "profiles" not in str(path)]
    assert files
    return {str(path): found for path in files if (found := leaks(_unpacked(path)))}


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        return gzip.decompress(content)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            return b"".join(map(packed.read, packed.namelist()))
    return content


def in_redis(connection: Redis) -> dict[str, list[str]]:
    found = {}
    for key in connection.scan_iter(count=500):
        content = repr((key, _value(connection, key))).encode()
        if leaked := leaks(content):
            found[str(key)] = leaked
    return found


def _value(connection: Redis, key: bytes) -> object:
    ways = {
        b"string": connection.get,
        b"hash": connection.hgetall,
        b"set": connection.smembers,
        b"list": lambda name: connection.lrange(name, 0, -1),
        b"zset": lambda name: connection.zrange(name, 0, -1, withscores=True),
        b"stream": connection.xrange,
    }
    return ways[connection.type(key)](key)


def in_rows(url: str) -> dict[str, list[str]]:
    engine, found, rows = open_engine(url), {}, 0
    try:
        with reading(engine) as conn:
            for table in Row.metadata.sorted_tables:
                for row in conn.execute(select(table)):
                    rows += 1
                    if leaked := leaks(b" ".join(_bytes(value) for value in row)):
                        found[table.name] = leaked
    finally:
        engine.dispose()
    assert rows > 10
    return found


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return gzip.decompress(value) if value[:2] == b"\x1f\x8b" else value
    return json.dumps(value, default=str, ensure_ascii=False).encode()


def watch_commands(seen: set[bytes], over: threading.Event) -> None:
    """Every command line on this machine, again and again until it is over."""
    while not over.wait(0.02):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(path.read_bytes())
            except OSError:
                continue


def database_of(mariadb) -> str:
    url = make_url(mariadb.new_database())
    mariadb.execute(
        f"CREATE OR REPLACE USER kanari@localhost IDENTIFIED BY '{SECRETS['database']}'",
        f"GRANT ALL ON {url.database}.* TO kanari@localhost",
    )
    mine = url.set(username="kanari", password=SECRETS["database"])
    return mine.render_as_string(hide_password=False)


def cookies() -> dict:
    one = {
        "name": "unb", "value": SECRETS["cookie"], "domain": ".1688.com", "path": "/",
        "expires": 4102444800, "httpOnly": True, "secure": True, "sameSite": "Lax",
    }  # fmt: skip
    return {"cookies": [one], "origins": []}


@pytest.fixture(scope="module")
def scene(tmp_path_factory, mariadb, redis_server):
    """A run through workers as a profile with cookies and a proxy; then export and metrics."""
    folder, commands, over = tmp_path_factory.mktemp("secrets"), set(), threading.Event()
    redis_server.flush()
    with redis_server.client() as admin:
        admin.execute_command("ACL", "SETUSER", "kanari", "reset", "on",
                              f">{SECRETS['redis']}", "~*", "&*", "+@all")  # fmt: skip
    proxy = ProxyServer("http", "anna", SECRETS["proxy"])
    watcher = threading.Thread(target=watch_commands, args=(commands, over))
    with proxy, running(offers=4, seed=9, padded=False) as replica:
        config = CONFIG.format(proxy_url=proxy.url, **SECRETS)
        (folder / "pwsync.toml").write_text(config + LATER.format(**SECRETS))
        Jar(folder / "data" / "replica-profiles").save("anna", cookies())
        more = {
            "PWSYNC_DATABASE_URL": database_of(mariadb),
            "PWSYNC_BACKUP__KEY": SECRETS["backup"],
            "PWSYNC_REDIS_URL": f"unix://kanari:{SECRETS['redis']}@{redis_server.socket}?db=0",
            "PWSYNC_SITE__REPLICA": replica.address,
        }
        refs = [*(one["url"] for one in replica.listed()[:3]), "9999999"]
        watcher.start()
        try:
            begun = run(folder, "sync", "--detach", "--profile", "anna", *refs, **more)
            assert begun.returncode == 0, begun.stderr
            worked = subprocess.run([PROGRAM, "worker", "--burst", "--mode", "lean"],
                                    env=environment(folder, **more), cwd=folder, timeout=120,
                                    capture_output=True, text=True, check=False)  # fmt: skip
            assert worked.returncode == 0, worked.stderr
            exported = run(folder, "export", "xlsx", "--output", "offers.xlsx", **more)
            assert exported.returncode == 0, exported.stderr
            with serving(folder, **more) as server:
                metrics = server.ask("GET", "/metrics", token=SECRETS["token"]).text
                server.end()
        finally:
            over.set()
            watcher.join()
    assert proxy.asked, "the pages came past the proxy"
    said = "".join((begun.stderr, begun.stdout, worked.stderr, exported.stderr, *server.lines))
    with closing(redis_server.client()) as connection:
        yield Scene(folder, more, connection, commands, said, metrics)
        connection.execute_command("ACL", "DELUSER", "kanari")


def test_logs_and_files_have_none(scene):
    logs = scene.folder / "data" / "logs"
    assert '"created"' in (logs / "worker.jsonl").read_text()
    (scene.folder / "pwsync.toml").rename(scene.folder / "profiles.toml")  # where they belong
    assert in_files(scene.folder) == {}
    assert leaks(scene.said.encode()) == []


def test_redis_and_rows_have_none(scene):
    assert any(b"rq" in key for key in scene.redis.scan_iter())
    assert in_redis(scene.redis) == {}
    assert in_rows(scene.more["PWSYNC_DATABASE_URL"]) == {}


def test_no_command_line_and_no_metric_has_one(scene):
    assert any(b"--user-data-dir" in one or b"chrom" in one for one in scene.commands)
    assert leaks(b"\n".join(scene.commands)) == []
    assert "pwsync_database_up 1" in scene.metrics
    assert leaks(scene.metrics.encode()) == []


def test_what_looks_for_them_finds_them(scene, tmp_path):
    """The control: a secret that is there is seen, in each of the places."""
    word = SECRETS["cookie"]
    (tmp_path / "a.gz").write_bytes(gzip.compress(f"x{word}".encode()))
    (tmp_path / "b.jsonl").write_text(word.upper())
    assert len(in_files(tmp_path)) == 2
    scene.redis.hset("kanari", "a", word)
    assert in_redis(scene.redis) == {"b'kanari'": [word]}
    scene.redis.delete("kanari")
    seen, over = set(), threading.Event()
    watcher = threading.Thread(target=watch_commands, args=(seen, over))
    sleeper = subprocess.Popen(["sh", "-c", "read x", word], stdin=subprocess.PIPE)
    watcher.start()
    while not leaks(b"\n".join(list(seen))) and watcher.is_alive():
        over.wait(0.01)
    over.set()
    watcher.join()
    sleeper.communicate()
    assert leaks(b"\n".join(seen)) == [word]
