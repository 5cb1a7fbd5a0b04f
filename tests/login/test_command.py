"""`pwsync login` as a person types it: on a terminal, in a pipe, and with nobody at the phone."""

import json
import os
import pty
import re
import stat
import subprocess
import termios
import threading
from pathlib import Path

import pytest

from tests import qr
from tests.login.conftest import PROGRAM

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
CODE_LINE = re.compile(r"^[ ▀▄█]{41}$")


def jar_of(tmp_path) -> Path:
    return tmp_path / "data" / "replica-profiles" / "main.json"


def secrets_of(jar: Path) -> list[str]:
    """What must stand nowhere but in the jar."""
    cookies = json.loads(jar.read_text())["cookies"]
    return [one["value"] for one in cookies if one["name"] in ("cookie2", "sgcookie", "t")]


def test_without_a_terminal_it_is_told_in_lines(pwsync, helpful, tmp_path):
    done = pwsync("login", "--replica", helpful.address)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "logged in as 采购小王01 (profile main)\n"
    said = done.stderr.splitlines()
    assert said[0] == (
        "pwsync: scan with the 1688 or Taobao app "
        f"(picture: {tmp_path / 'data' / 'login-main.png'})"
    )
    assert said[-1] == "pwsync: confirmed: waiting for the site"
    jar = jar_of(tmp_path)
    assert stat.S_IMODE(jar.stat().st_mode) == 0o600
    assert not list((tmp_path / "data").glob("login-*"))
    told = done.stdout + done.stderr
    assert not [one for one in (*secrets_of(jar), "lgToken") if one in told]


def test_events_as_json_name_the_picture_and_never_the_code(pwsync, helpful, tmp_path):
    done = pwsync("login", "--replica", helpful.address, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["type"] for one in lines] == ["code", "scanned", "confirmed", "logged_in"]
    assert lines[0] == {"type": "code", "picture": str(tmp_path / "data" / "login-main.png")}
    assert lines[-1] == {
        "type": "logged_in", "profile": "main", "account": "采购小王01", "already": False, "runs": [],
    }  # fmt: skip
    assert "lgToken" not in done.stdout + done.stderr


def test_who_is_logged_in_already_is_told_so(pwsync, helpful):
    assert pwsync("login", "--replica", helpful.address).returncode == 0
    again = pwsync("login", "--replica", helpful.address)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "still logged in as 采购小王01 (profile main)\n"


def test_nobody_at_the_phone_is_exit_4(pwsync, site, tmp_path):
    done = pwsync("login", "--replica", site.address, "--time-limit", "3s")
    assert done.returncode == 4
    assert "nobody logged in within 3 s" in done.stderr
    assert not jar_of(tmp_path).exists()
    assert not list((tmp_path / "data").glob("login-*"))


def test_a_slider_is_exit_5_and_says_what_a_person_can_do(pwsync, site):
    site.phone("challenge")
    done = pwsync("login", "--replica", site.address)
    assert done.returncode == 5
    assert "--headed" in done.stderr


def test_a_person_can_be_the_phone_from_another_terminal(pwsync, site):
    port = site.address.rpartition(":")[2]
    early = pwsync("replica", "--port", port, "--tap", "scan")
    assert (early.returncode, early.stdout) == (2, "")
    assert "no such code is shown" in early.stderr
    site.ask("/newlogin/qrcode/generate.do", host="login.1688.com")
    assert pwsync("replica", "--port", port, "--tap", "scan").stdout == '{"step": "SCANED"}\n'
    assert pwsync("replica", "--port", port, "--tap", "dance").returncode == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--headed"], 2, "there is no display here (DISPLAY is not set)"),
        (["--profile", "guest"], 2, "that is nobody"),
        (["--profile", "../x"], 2, "no name of a profile"),
        (["--headed", "--cookies", "x"], 2, "exclude each other"),
        (["--cookies", "missing.txt"], 2, "No such file"),
        (["--time-limit", "soon"], 2, "is no time"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(pwsync, words, code, said):
    done = pwsync("login", *words)
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_two_logins_of_one_profile_exclude_each_other(pwsync, site, surroundings, tmp_path):
    words = [PROGRAM, "login", "--replica", site.address, "--json"]
    with subprocess.Popen(
        words, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as first:
        assert json.loads(first.stdout.readline())["type"] == "code"
        second = pwsync("login", "--replica", site.address)
        assert second.returncode == 9
        assert "in use" in second.stderr
        first.terminate()
        first.communicate(timeout=60)
    assert first.returncode == 143
    assert not list((tmp_path / "data").glob("login-*")), "the picture went with it"
    third = pwsync("login", "--replica", site.address, "--time-limit", "2s")
    assert third.returncode == 4, "the profile is free again"


def test_cookies_of_a_browser_become_a_profile(pwsync, tmp_path):
    listed = [
        {"name": "unb", "value": "2200000000001", "domain": ".1688.com", "path": "/"},
        {"name": "__cn_logon__", "value": "true", "domain": ".1688.com", "path": "/"},
        {"name": "lid", "value": "%E5%B0%8F\\u001b[2J", "domain": ".1688.com", "path": "/"},
        {"name": "cookie2", "value": "verysecret", "domain": ".1688.com", "path": "/"},
        {"name": "sid", "value": "alien", "domain": ".example.com", "path": "/"},
    ]
    (tmp_path / "mine.json").write_text(json.dumps(listed))
    done = pwsync("login", "--cookies", "mine.json", "--profile", "second")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "logged in as 小\\x1b[2J (profile second)\n"
    assert "4 cookies kept, 1 of other sites" in done.stderr
    assert "mine.json is still a way into the account" in done.stderr
    assert "verysecret" not in done.stdout + done.stderr
    jar = tmp_path / "data" / "profiles" / "second.json"
    assert stat.S_IMODE(jar.stat().st_mode) == 0o600
    assert "alien" not in jar.read_text()
    piped = pwsync("login", "--cookies", "-", "--profile", "third", typed=json.dumps(listed))
    assert piped.returncode == 0


# On a terminal


class Terminal:
    """The command on a terminal of its own; what it wrote so far is in `seen`."""

    def __init__(self, words, environment, *, columns=100, rows=40):
        self.seen = ""
        self._grown = threading.Condition()
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            termios.tcsetwinsize(0, (rows, columns))
            os.execve(PROGRAM, [PROGRAM, *words], environment | {"TERM": "xterm-256color"})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        raw = b""
        while True:
            try:
                raw += os.read(self._end, 65536)
            except OSError:  # the other end is closed: it has ended
                break
            with self._grown:
                self.seen = raw.decode(errors="ignore")
                self._grown.notify_all()

    def until(self, holds) -> None:
        with self._grown:
            assert self._grown.wait_for(lambda: holds(self.seen), timeout=60), self.seen[-500:]

    def write(self, raw: bytes) -> None:
        os.write(self._end, raw)

    def wait(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        self._reader.join(10)
        os.close(self._end)
        return os.waitstatus_to_exitcode(status)


def codes(seen: str) -> list[str]:
    """What a phone reads on the terminal, one after another."""
    lines = ANSI.sub("", seen).replace("\r", "\n").split("\n")
    drawn = [line for line in lines if CODE_LINE.match(line)]
    found = []
    for at in range(0, len(drawn) - 20, 21):
        rows = [
            [HALVES[char][half] for char in line] for line in drawn[at : at + 21] for half in (0, 1)
        ]
        matrix = [row[2:39] for row in rows[2:39]]
        found.append(qr.read(matrix))
    return found


def test_on_a_terminal_the_code_is_drawn_and_drawn_anew(site, surroundings, tmp_path):
    picture = tmp_path / "data" / "login-main.png"
    words = ["login", "--replica", site.address]
    terminal = Terminal(words, surroundings)
    terminal.until(lambda seen: "scan with" in seen)
    first = codes(terminal.seen)[-1]
    assert qr.read(qr.of_picture(picture)) == first
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    site.phone("expire")
    terminal.until(lambda seen: len(set(codes(seen))) == 2)
    second = codes(terminal.seen)[-1]
    terminal.until(lambda _: qr.read(qr.of_picture(picture)) == second)
    site.phone("scan", code=second)
    terminal.until(lambda seen: "scanned: confirm on the phone" in seen)
    site.phone("confirm")
    assert terminal.wait() == 0
    last = terminal.seen[terminal.seen.rindex("scanned: confirm") :]
    assert "logged in as 采购小王01" in last
    assert codes(last) == []
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l"), "cursor is back"
    assert not picture.exists()
    assert "lgToken" not in terminal.seen


def test_ctrl_c_leaves_no_code_and_no_holder(site, surroundings, pwsync, tmp_path):
    terminal = Terminal(["login", "--replica", site.address], surroundings)
    terminal.until(lambda seen: "scan with" in seen)
    terminal.write(b"\x03")
    assert terminal.wait() == 130
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")
    assert not list((tmp_path / "data").glob("login-*"))
    assert "Traceback" not in terminal.seen
    assert pwsync("login", "--replica", site.address, "--time-limit", "1s").returncode == 4


@pytest.mark.parametrize(("columns", "rows"), [(40, 40), (100, 20)])
def test_a_terminal_that_is_too_small_names_the_picture(
    site, surroundings, tmp_path, columns, rows
):
    terminal = Terminal(
        ["login", "--replica", site.address], surroundings, columns=columns, rows=rows
    )
    terminal.until(lambda seen: "too small" in seen)
    assert codes(terminal.seen) == []
    assert (tmp_path / "data" / "login-main.png").exists()
    terminal.write(b"\x03")
    assert terminal.wait() == 130
