"""The house's own pages: doctor, queues, logs, trail, backups, and the tokens that only admins see."""

import http.client
import json
import re
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from app.access.tokens import FILE, digest_of
from tests.console.test_pages import told
from tests.server.conftest import run

TABS = ("", "/queues", "/logs", "/trail", "/backups")
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def lines(home, engine):
    """Log lines of a worker, one of them hostile."""
    folder = home / "data" / "logs"
    folder.mkdir(exist_ok=True)
    at = datetime.now(UTC).isoformat()
    told = [
        {"event": "created", "run": 1, "item": "610947572360"},
        {
            "event": HOSTILE,
            "level": "error",
            "profile": HOSTILE,
            "exception": HOSTILE,
            "x": HOSTILE,
        },
    ]
    rows = [{"time": at, "level": "info", "role": "worker"} | one for one in told]
    (folder / "worker.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")


def ask(server, token: str, path: str, **form: str):
    if form:
        return server.ask("POST", path, token=token, body=urlencode(form))
    return server.ask("GET", path, token=token)


@pytest.mark.parametrize("role", ["read", "run", "admin"])
def test_all_see_all_tabs_but_only_an_admin_sees_tokens(server, tokens, lines, role):
    for tab in TABS:
        found = ask(server, tokens[role], f"/system{tab}")
        assert found.status == 200, tab
        assert ('href="/system/tokens"' in found.text) == (role == "admin"), tab
        assert HOSTILE not in found.text
        assert found.text.count('aria-current="page"') >= 1
    assert ask(server, tokens[role], "/system/tokens").status == (200 if role == "admin" else 403)


def test_the_doctor_names_what_is_wrong_and_what_to_do(server, tokens):
    page = ask(server, tokens["read"], "/system").text
    assert re.search(r'<span class="state ok">well</span></td><th scope="row">database', page)
    assert "redis" in page


def test_lines_lead_to_what_they_are_about(server, tokens, lines):
    page = ask(server, tokens["read"], "/system/logs?role=worker").text
    assert '<a href="/runs/1">' in page
    assert '<a href="/offers/610947572360">610947572360</a>' in page
    assert page.index("&lt;script&gt;") < page.index("created"), "newest first"
    page = ask(server, tokens["read"], "/system/logs?role=worker&level=error").text
    assert "610947572360</a>" not in page
    found = ask(server, tokens["read"], "/system/logs?run=seven")
    assert (found.status, 'role="alert"' in found.text) == (400, True)
    assert ask(server, tokens["read"], "/system/logs?before=x").status == 400


def test_lines_are_told_as_they_come(server, tokens, lines, home):
    line = http.client.HTTPConnection(server.address, timeout=30)
    line.request(
        "GET",
        "/system/logs/live?q=fresh&role=worker",
        headers={"Authorization": f"Bearer {tokens['read']}"},
    )
    stream = line.getresponse()
    assert [stream.readline() for _ in range(3)] == [b"event: lines\n", b"data: \n", b"\n"]
    with (home / "data" / "logs" / "worker.jsonl").open("a") as file:
        told = {"time": datetime.now(UTC).isoformat(), "level": "info", "role": "worker"}
        file.write(json.dumps(told | {"event": f"fresh {HOSTILE}"}) + "\n")
    heard = b""
    while b"fresh" not in heard:
        heard = stream.readline()
    assert HOSTILE.encode() not in heard
    line.close()


def test_a_token_is_shown_once_used_and_revoked_at_once(server, tokens, home):
    admin = tokens["admin"]
    before = (home / "data" / FILE).read_text()
    found = ask(server, admin, "/system/tokens", name="erp", scope="run")
    (made,) = set(re.findall(r"<code>([\w-]{43})</code>", found.text))
    assert found.headers["Cache-Control"] == "no-store"
    assert json.loads(ask(server, made, "/api/v1/about").text)["name"] == "erp"
    page = ask(server, admin, "/system/tokens").text
    assert made not in page
    assert digest_of(made) not in page
    row = next(one for one in page.split("<tr>") if ">erp" in one)
    assert len(re.findall(r"<time ", row)) == 2, "made and used"
    again = ask(server, admin, "/system/tokens", name="erp", scope="read")
    assert (again.status, "another name" in again.text) == (400, True)
    key = re.search(r'name="key" value="(\w+)"', row)[1]
    assert ask(server, admin, "/system/tokens/revoke", key=key).status == 303
    assert ask(server, made, "/api/v1/about").status == 401
    assert ask(server, admin, "/system/tokens/revoke", key=key).status == 404
    assert json.loads((home / "data" / FILE).read_text()) == json.loads(before)
    deeds = told(server, tokens["read"], "/audit?target=token%20erp")["items"]
    assert [one["verb"] for one in deeds] == ["revoke_token", "make_token"]


def test_the_last_admin_stays(server, tokens):
    page = ask(server, tokens["admin"], "/system/tokens").text
    row = next(one for one in page.split("<tr>") if ">you<" in one)
    key = re.search(r'name="key" value="(\w+)"', row)[1]
    found = ask(server, tokens["admin"], "/system/tokens/revoke", key=key)
    assert (found.status, "last admin" in found.text) == (409, True)


def settled(server, token: str) -> str:
    """The page of the backups once nothing goes on; whoever waits asks again."""
    until = time.monotonic() + 60
    while "Look again" in (page := ask(server, token, "/system/backups").text):
        assert time.monotonic() < until
    return page


def test_an_admin_makes_a_backup_and_checks_it(server, tokens, home):
    for role in ("read", "run"):
        assert ask(server, tokens[role], "/system/backups", a="").status == 403
    assert ask(server, tokens["admin"], "/system/backups", a="").status == 303
    page = settled(server, tokens["admin"])
    (name,) = re.findall(r'name="name" value="([^"]+)"', page)
    assert f"pwsync backup restore {name}" in page
    assert "as it was" not in page
    assert ask(server, tokens["admin"], "/system/backups/verify", name=name).status == 303
    assert "as it was" in settled(server, tokens["admin"])
    assert run(home, "backup", "verify", name).returncode == 0
    file = next((home / "data" / "backups" / name / "database").iterdir())
    file.write_bytes(b"torn")
    ask(server, tokens["admin"], "/system/backups/verify", name=name)
    page = settled(server, tokens["admin"])
    assert 'role="alert"' in page
    assert file.name in page
    for other in ("../x", ".", "/etc"):
        assert ask(server, tokens["admin"], "/system/backups/verify", name=other).status == 404
