"""Opening a run in the console, whatever names its offers, and what its page offers to do."""

import http.client
from contextlib import ExitStack, closing
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, update

from app import models
from app.models import table
from app.runs import opening
from app.server.streams import MOST
from app.store.engine import transact
from tests.samples import intake

ITEM, RUN = table(models.RunItem), table(models.Run)
EDGE = "multipart/form-data; boundary=edge"


@pytest.fixture
def post(server, tokens):
    def asked(path: str, body=None, **headers):
        text = urlencode(body) if isinstance(body, dict) else body
        return server.ask("POST", path, token=tokens["run"], body=text, **headers)

    return asked


def upload(content: bytes, **fields: str) -> bytes:
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    return b"".join([*parts, head, content, b"\r\n--edge--\r\n"])


def test_a_file_is_previewed_and_opened(post, server, tokens, engine):
    csv = "610947572421,袜子\n610947572422,帽子\nnobody\n".encode("gb18030")
    found = post("/runs/preview", upload(csv, kind="file"), Content_Type=EDGE)
    assert "2 offers, 0 named twice, 1 lines name none" in found.text
    assert "Done at the earliest" in found.text
    found = post("/runs/new", upload(csv, kind="file", act="preview"), Content_Type=EDGE)
    assert (found.status, "610947572421,袜子" in found.text) == (200, True), "to be mended by hand"
    found = post("/runs/new", upload(csv, kind="file", priority="low"), Content_Type=EDGE)
    assert found.status == 303
    number = int(found.headers["Location"].rpartition("/")[2])
    with engine.connect() as conn:
        told = conn.execute(select(RUN).where(RUN.c.id == number)).mappings().one()
    assert (told["expected"], told["rejected"], told["options"]["priority"]) == (2, 1, "low")
    for wrong in (upload(b"\xff\xfe\x00", kind="file"), upload(b"", kind="file")):
        found = post("/runs/new", wrong, Content_Type=EDGE)
        assert (found.status, 'role="alert"' in found.text) == (400, True)


def test_many_links_are_pasted_at_once(post):
    links = [f"https://detail.1688.com/offer/{610_000_000_000 + one}.html" for one in range(30_000)]
    found = post("/runs/preview", {"refs": "\n".join(links)})
    assert (found.status, "30,000 offers" in found.text) == (200, True), found.text[:200]


def test_a_list_is_opened_as_far_as_one_wants(post):
    form = {"kind": "keyword", "value": "袜子", "first": "90"}
    assert "at most 94" in post("/runs/preview", form).text, "two of the list, two robots.txt"
    found = post("/runs/new", form)
    assert found.status == 303
    assert post("/runs/new", form).headers["Location"] == found.headers["Location"]
    found = post("/runs/new", {"kind": "shop", "value": "https://www.example.com"})
    assert (found.status, 'role="alert"' in found.text) == (400, True)
    assert post("/runs/new", form | {"priority": "highest"}).status == 422, "nobody listens there"


def test_what_failed_is_tried_again_and_the_books_are_checked(post, server, tokens, engine):
    place = post("/runs/new", {"refs": "610947572431\n610947572432"}).headers["Location"]
    number = int(place.rpartition("/")[2])
    shown = server.ask("GET", place, token=tokens["run"]).text
    assert f'action="{place}/retry"' not in shown
    of = (ITEM.c.run_id == number, ITEM.c.offer_id == "610947572431")
    failed = update(ITEM).where(*of).values(state="failed", reason="no answer")
    transact(engine, lambda conn: conn.execute(failed))
    post(f"{place}/stop")
    assert f'action="{place}/retry"' in server.ask("GET", place, token=tokens["run"]).text
    again = post(f"{place}/retry")
    assert again.status == 303
    shown = server.ask("GET", f"{again.headers['Location']}/items", token=tokens["read"]).text
    assert "610947572431" in shown
    assert "610947572432" not in shown
    place = again.headers["Location"]
    assert "The books balance" in server.ask("GET", f"{place}/audit", token=tokens["read"]).text
    of = (ITEM.c.run_id == int(place.rpartition("/")[2]), ITEM.c.state == "queued")
    transact(engine, lambda conn: conn.execute(update(ITEM).where(*of).values(owner="nobody")))
    shown = server.ask("GET", f"{place}/audit", token=tokens["read"]).text
    assert "an item has an owner and a lease exactly while it is leased" in shown


def test_a_token_has_no_more_live_pages_than_it_may(server, tokens, engine):
    run = opening.open_run(engine, intake(2, first=700_000_000_501), kind="refs", label="watched")
    with ExitStack() as open_lines:

        def listen(scope: str) -> tuple[int, str | None]:
            line = open_lines.enter_context(
                closing(http.client.HTTPConnection(server.address, timeout=40))
            )
            bearer = {"Authorization": f"Bearer {tokens[scope]}"}
            line.request("GET", f"/runs/{run.id}/live", headers=bearer)
            answer = open_lines.enter_context(closing(line.getresponse()))
            return answer.status, answer.headers["Content-Type"]

        assert {listen("read")[0] for _ in range(MOST)} == {200}
        assert listen("read") == (429, "application/problem+json")
        assert listen("run")[0] == 200, "another's"
