"""Lines of programs: what stands in them, what never does, and files that several write."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from structlog.contextvars import bound_contextvars

from app import logs
from app.logs import LogFile, masking

WRITER = """
import logging, sys
from pathlib import Path
from app.logs import LogFile, begin
begin(LogFile(folder=Path(sys.argv[1]), role="worker", max_bytes=20_000, keep=50))
for number in range(300):
    logging.getLogger("app.x").info("line %s of %s", number, sys.argv[2], extra={"pad": "x" * 100})
"""
FAILING = """
import asyncio, gc, logging, sys, threading
from pathlib import Path
import uvicorn
from app.logs import LogFile, begin

def boom(where):
    raise LookupError(where)

async def forgetful():
    async def part():
        boom("on the loop")
    task = asyncio.create_task(part())
    await asyncio.wait([task])
    del task
    gc.collect()

begin(LogFile(folder=Path(sys.argv[1]), role="server"))
asyncio.run(forgetful())
thread = threading.Thread(target=boom, args=["in a thread"])
thread.start()
thread.join()
uvicorn.Config(None, log_config=None, log_level="warning", access_log=False)
for name in ("uvicorn.error", "rq.worker"):
    try:
        boom(name)
    except LookupError:
        logging.getLogger(name).exception("failed")
"""
SECRETS = ("mysql://u:qu8Dbpass@h/d", "tok-en-very-secret", "http://u:p%40ss%2Fword@h:1")


@pytest.fixture
def log(tmp_path):
    """Begin a log; its lines."""

    def lines() -> list[dict]:
        return [json.loads(line) for line in (tmp_path / "sync.jsonl").read_text().splitlines()]

    before = logging.getLogger("app").level, logging.getLogger("browsers").level
    logs.begin(LogFile(folder=tmp_path, role="sync"), secrets=SECRETS)
    yield lines
    logs._end()
    logging.captureWarnings(capture=False)
    for name, level in zip(logs.OURS, before, strict=True):
        logging.getLogger(name).setLevel(level)


def test_a_line_tells_when_who_and_of_what(log):
    with bound_contextvars(run=7, item="610947572360", profile="anna", attempt=2):
        logging.getLogger("app.sync").info("stored %s", "图", extra={"seconds": 1.5})
    [line] = log()
    assert line["time"].endswith("Z")
    assert isinstance(line.pop("pid"), int)
    del line["time"]
    assert line == {
        "event": "stored 图", "level": "info", "logger": "app.sync", "role": "sync",
        "run": 7, "item": "610947572360", "profile": "anna", "attempt": 2, "seconds": 1.5,
    }  # fmt: skip


def test_libraries_are_heard_from_warnings_up_and_faults_with_their_trace(log, capsys):
    logging.getLogger("somebody").info("chatter")
    logging.getLogger("somebody").warning("beware")
    try:
        int("http://u:hunter22@h/")
    except ValueError:
        logging.getLogger("app.noting").exception("oh")
    beware, fault = log()
    assert beware["event"] == "beware"
    assert "'http://***@h/'" in fault["exception"]
    assert "Traceback" in fault["exception"]
    assert capsys.readouterr().err == ""  # the handler has the error stream of its beginning


def test_no_traceback_is_lost_wherever_something_fails(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", FAILING, str(tmp_path)], capture_output=True, text=True, check=True
    )
    lines = [json.loads(one) for one in (tmp_path / "server.jsonl").read_text().splitlines()]
    assert [(one["logger"], one["exception"].rpartition("LookupError: ")[2]) for one in lines] == [
        ("asyncio", "on the loop"),
        ("app.logs", "in a thread"),
        ("uvicorn.error", "uvicorn.error"),
        ("rq.worker", "rq.worker"),
    ]
    assert all("Traceback" in one["exception"] for one in lines)
    # a person reads each once, but for RQ's, which the worker tells in a sentence
    assert ran.stderr.count("Traceback") == 3


@pytest.mark.parametrize(
    "text",
    [
        "mysql://u:qu8Dbpass@h/d",
        "Access denied with qu8Dbpass",
        "p%40ss%2Fword",
        "p@ss/word",
        "sent tok-en-very-secret on",
        "redis://:otherpass@127.0.0.1:1/0",
        "Cookie: a=qu8Dbpass; b=2",
        "Set-Cookie: sid=abcdefgh; Path=/; other=ijklmnop",
        "Authorization: Bearer abcdefgh12345678",
        "?token=abcdefgh12345678&x=1",
        '{"password": "abcdefgh12345678"}',
    ],
)
def test_secrets_are_masked(text):
    masked = masking(SECRETS)(text)
    secrets = (
        "qu8Dbpass", "p%40ss", "p@ss", "tok-en", "otherpass", "abcdefgh", "ijklmnop",
    )  # fmt: skip
    assert not [word for word in secrets if word in masked]
    assert logs.MASK in masked


def test_what_is_no_secret_stays():
    text = "run 7 stored https://detail.1688.com/offer/610947572360.html tokens: 3 of u@h"
    assert masking(SECRETS)("¥12 https://detail.1688.com/offer/1.html a@b") == (
        "¥12 https://detail.1688.com/offer/1.html a@b"
    )
    assert "610947572360" in masking(SECRETS)(text)


def test_secret_fields_are_masked_wherever_they_are(log):
    more = {"cookies": [{"value": "abc"}], "deep": {"api_token": "abc", "url": "x://a:bc@h"}}
    logging.getLogger("app.x").info("e", extra=more)
    [line] = log()
    assert (line["cookies"], line["deep"]) == ("***", {"api_token": "***", "url": "x://***@h"})


def test_every_line_is_strict_json(log, tmp_path):
    # straight to the file: what pytest catches of it could not be sent from one process to another
    [handler] = [one for one in logging.getLogger().handlers if isinstance(one, logs.SharedFile)]
    record = logging.LogRecord("app.x", logging.INFO, "", 0, "half \ud800", None, None)
    record.share = float("nan")
    handler.handle(record)
    raw = (tmp_path / "sync.jsonl").read_bytes()
    told = orjson.loads(raw)
    assert (told["event"], told["share"]) == ("half ?", "nan")


def test_programs_share_a_file_and_turn_it_over_together(tmp_path):
    programs = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name]) for name in "abc"
    ]
    assert [one.wait(60) for one in programs] == [0, 0, 0]
    files = [*tmp_path.glob("worker.jsonl*")]
    assert len(files) > 5
    found = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    said = {line["event"] for line in found}
    assert said == {f"line {number} of {name}" for number in range(300) for name in "abc"}
    assert len(found) == 900
    # a line that was on its way while another turned the file over may come late
    assert max(file.stat().st_size for file in files) < 20_000 + 2_000


def test_only_so_many_full_files_are_kept(tmp_path):
    handler = logs.SharedFile(LogFile(folder=tmp_path, role="sync", max_bytes=1_000, keep=2))
    for number in range(200):
        handler.emit(logging.LogRecord("x", 20, "", 0, f"{number:040}", None, None))
    handler.close()
    names = sorted(path.name for path in tmp_path.glob("sync*"))
    assert names == ["sync.jsonl", "sync.jsonl.1", "sync.jsonl.2"]
    newest = (tmp_path / "sync.jsonl").read_text().splitlines()
    assert newest[-1].endswith("199")


def test_a_full_disk_is_said_once_and_stops_nothing(tmp_path, capfd):
    file = LogFile(folder=tmp_path, role="sync")
    file.path.symlink_to("/dev/full")
    handler = logs.SharedFile(file)
    for _ in range(3):
        handler.handle(logging.LogRecord("x", 20, "", 0, "line", None, None))
    handler.close()
    assert capfd.readouterr().err.count("lines are lost") == 1


def test_a_file_that_was_taken_away_is_begun_anew(tmp_path):
    handler = logs.SharedFile(LogFile(folder=tmp_path, role="sync"))
    Path(tmp_path / "sync.jsonl").unlink()
    handler.handle(logging.LogRecord("x", 20, "", 0, "line", None, None))
    handler.close()
    assert (tmp_path / "sync.jsonl").read_text() == "line\n"
