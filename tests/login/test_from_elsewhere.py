"""A login through the server: the code on a page, a phone that scans it, the runs that go on."""

import http.client
import io
import json
from collections.abc import Iterator

import pytest

from app.logins import watched
from app.logins.booking import Booking
from app.logins.watched import Logins, Phase
from app.profiles import rows
from app.profiles.jar import Jar
from app.profiles.values import Profile
from app.replica.serve import running
from app.runs import opening, parking, states
from app.runtime import Manners
from app.services import trail
from app.store.engine import open_engine
from app.store.schema import migrate
from browsers.values import Launch
from tests import qr
from tests.console.conftest import browser  # noqa: F401 - a fixture
from tests.console.test_in_a_browser import grave, visit
from tests.samples import intake
from tests.server.conftest import new_token, serving

LOGIN = "/api/v1/profiles/main/login"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def site():
    with running(offers=2, padded=False, members_only=True) as found:
        yield found


@pytest.fixture(scope="module")
def books(home):
    engine = open_engine(f"sqlite:///{home / 'data' / 'pwsync.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def tokens(home, books):
    return {scope: new_token(home, scope) for scope in ("read", "run")}


@pytest.fixture(scope="module")
def server(home, site, tokens):
    with serving(home, PWSYNC_SITE__REPLICA=site.address) as found:
        yield found


def live(server, token: str) -> Iterator[str]:
    """What the page of the login hears, event by event, until it is over."""
    line = http.client.HTTPConnection(server.address, timeout=60)
    headers = {"Authorization": f"Bearer {token}"}
    line.request("GET", "/profiles/main/login/live", headers=headers)
    answer, told = line.getresponse(), ""
    try:
        while part := answer.readline().decode():
            told += part
            if part == "\n":
                yield told
                told = ""
    finally:
        line.close()


def picture(server, token: str) -> bytes:
    line = http.client.HTTPConnection(server.address, timeout=60)
    line.request("GET", f"{LOGIN}/code", headers={"Authorization": f"Bearer {token}"})
    answer = line.getresponse()
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    try:
        return answer.read()
    finally:
        line.close()


def test_who_scans_the_code_of_the_page_lets_the_run_go_on(server, site, tokens, books, home):
    run = opening.open_run(
        books, intake(2), kind="refs", label="x", options={"profile": "main", "replica": True}
    )
    parking.park(books, run.id, "login: the site asks for a login")
    overview = server.ask("GET", "/", token=tokens["run"], Accept_Language="en").text
    assert "Parked: scan to go on" in overview
    assert 'action="/profiles/main/login"' in overview
    assert server.ask("POST", "/profiles/main/login", token=tokens["run"], body="").status == 303
    assert server.ask("POST", LOGIN, token=tokens["run"]).status == 200, "it goes on already"
    seen = []
    for told in live(server, tokens["run"]):
        seen.append(told)
        if 'class="code"' in told:
            code = qr.read(qr.of_picture(io.BytesIO(picture(server, tokens["run"]))))
            site.phone("scan", code=code)
        if "confirm on the phone" in told or "手机上确认" in told:
            site.phone("confirm")
    assert seen[-1].startswith("event: over")
    found = json.loads(server.ask("GET", LOGIN, token=tokens["run"]).text)
    assert (found["phase"], found["runs"], found["code_url"]) == ("logged_in", [run.id], None)
    assert states.read_run(books, run.id).state == "running"
    profile = server.ask("GET", "/api/v1/profiles/main", token=tokens["read"])
    assert json.loads(profile.text)["state"] == "well"
    shown = server.ask("GET", "/profiles/main/login", token=tokens["run"]).text
    cookies = Jar(home / "data" / "replica-profiles").load("main")["cookies"]
    hidden = [one["value"] for one in cookies if one["name"] in {"cookie2", "sgcookie", "t"}]
    assert hidden
    everything = "".join([*seen, shown, profile.text, json.dumps(found)])
    assert not [one for one in (*hidden, "lgToken") if one in everything]
    deeds = trail.latest(books, target="profile main")
    assert [one.deed.verb for one in deeds] == ["logged_in", "login"]


def test_axe_finds_no_grave_fault_while_a_code_waits(browser, server, tokens):  # noqa: F811
    page = visit(browser, server, tokens["run"], width=390, scheme="light")
    page.goto(f"{server.url}/profiles")
    page.locator("input[name=name]").fill("axe")
    page.locator("input[name=name]").press("Enter")
    page.locator("img.code").wait_for(timeout=60_000)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert grave(page) == [], scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Give up").click()
    page.wait_for_url(f"{server.url}/profiles")
    page.context.close()


def test_it_is_for_operators_alone(server, tokens):
    assert server.ask("POST", LOGIN, token=tokens["read"]).status == 403
    for path in (LOGIN, f"{LOGIN}/code", "/profiles/main/login", "/profiles/main/login/live"):
        assert server.ask("GET", path, token=tokens["read"]).status == 403, path
    assert "/login" not in server.ask("GET", "/profiles/main", token=tokens["read"]).text


def test_nobody_logs_in_as_nobody_or_with_a_name_that_is_none(server, tokens):
    for name, status in (("guest", 409), ("..", 422), ("A", 422)):
        found = server.ask("POST", f"/api/v1/profiles/{name}/login", token=tokens["run"])
        assert found.status == status, name
    found = server.ask("POST", "/profiles/login", token=tokens["run"], body="name=..%2F..%2Fx")
    assert (found.status, 'role="alert"' in found.text) == (409, True)


def test_a_login_that_nobody_watches_is_given_up(monkeypatch, site, sqlite_engine, tmp_path):
    monkeypatch.setattr(watched, "UNWATCHED_SECONDS", 0.0)
    manners = Manners(pace=None, profiles={}, jar=Jar(tmp_path / "jar"), rests=(), realm="r:")
    booking = Booking(
        engine=sqlite_engine, manners=manners, who=Profile(name="main"), owner="tests"
    )
    logins = Logins(Launch(replica=site.address, scratch=tmp_path), "tests")
    login, is_new = logins.start(booking, lambda _: None)
    assert login.ended.wait(60)
    assert (is_new, login.stand.phase, login.stand.code) == (True, Phase.FAILED, None)
    assert "given up" in login.stand.why
    assert rows.read(sqlite_engine, "r:main").holder is None
