"""Opening runs by the API, and what it tells of them."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import select, update

from app import models
from app.models import table
from app.store.clock import now
from app.store.engine import open_engine, transact

RUNS = "/api/v1/runs"
ITEM, OFFER = table(models.RunItem), table(models.Offer)


@pytest.fixture(scope="module")
def engine(home):
    engine = open_engine(f"sqlite:///{home / 'data' / 'pwsync.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def post(server, tokens):
    def asked(path: str, body=None, **headers):
        told = {"Content_Type": "application/json"} | headers
        text = body if isinstance(body, bytes) else json.dumps(body or {})
        answer = server.ask("POST", RUNS + path, token=tokens["run"], body=text, **told)
        return answer.status, json.loads(answer.text)

    return asked


@pytest.fixture
def get(server, tokens):
    return lambda path: json.loads(server.ask("GET", RUNS + path, token=tokens["read"]).text)


def stored(engine, count: int) -> list[str]:
    with engine.connect() as conn:
        query = select(OFFER.c.offer_id).where(OFFER.c.gone.is_(None)).order_by(OFFER.c.offer_id)
        return [str(one) for one in conn.scalars(query.limit(count))]


def test_a_plan_tells_what_a_run_would_come_to_and_opens_none(post, get, engine):
    first, second, third = stored(engine, 3)
    transact(engine, partial(_see, offer_id=first))
    before = len(get("")["items"])
    refs = [first, first, second, third, "610947572360", "no offer at all"]
    status, told = post("/plan", {"refs": refs, "skip_seen_hours": 24})
    assert status == 200, told
    assert told["lines"] == {"read": 6, "accepted": 4, "duplicate": 1, "rejected": 1}
    assert told["known"] == {"stored": 3, "skipped": 1}
    assert told["pages"]["offers"] == 3
    assert told["budget"]["profile"]["left"] == told["budget"]["left_today"] > 0
    assert told["begins_at"] < told["ends_at"], "two pages have a gap between them"
    assert len(get("")["items"]) == before
    status, told = post("/plan", {"keyword": "袜子", "first": 90})
    assert (status, told["pages"]["offers"], told["pages"]["lists"]) == (200, 90, 2)


def _see(conn, *, offer_id: str) -> None:
    conn.execute(update(OFFER).where(OFFER.c.offer_id == offer_id).values(observed_at=now()))


def test_who_was_seen_lately_is_skipped_and_a_run_of_nobody_else_is_done(post, get, engine):
    first, second = stored(engine, 2)
    transact(engine, partial(_see, offer_id=first))
    wish = {"refs": [first], "skip_seen_hours": 24}
    status, told = post("", wish)
    assert (status, told["state"], told["next"]) == (201, "done", "")
    (item,) = get(f"/{told['run']}/items?state=skipped")["items"]
    assert item["reason"].endswith("within 24 h")
    assert get(f"/{told['run']}/audit")["clean"] is True
    status, told = post("", wish | {"refs": [first, second]})
    assert (status, told["items"]) == (201, {"queued": 1, "skipped": 1})


def test_a_file_is_read_as_the_command_reads_it(post, get):
    csv = "610947572371,袜子\nhttps://detail.1688.com/offer/610947572372.html,帽子\nnobody,x\n"
    status, told = upload(post, csv.encode("gb18030"))
    assert status == 201, told
    assert (told["planned"], told["rejected"]) == (2, 1)
    again, told = upload(post, csv.encode())
    assert (again, told["run"]) == (200, told["run"])
    assert upload(post, b"\xff\xfe\x00")[1]["title"] == "file"
    assert upload(post, b"nobody\n")[1]["title"] == "nothing"
    assert get(f"/{told['run']}/report")["rejected"] == 1


def upload(post, content: bytes):
    """A file as a form brings it."""
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="refs.csv"\r\n\r\n'
    body = head + content + b"\r\n--edge--\r\n"
    return post("/file?priority=low", body, Content_Type="multipart/form-data; boundary=edge")


def test_who_asks_twice_at_once_opens_one_run(post):
    wish = {"refs": ["610947572391", "610947572392"]}
    with ThreadPoolExecutor(4) as several:
        found = list(several.map(lambda _: post("", wish), range(8)))
    assert sorted(status for status, _ in found) == [200] * 7 + [201]
    assert len({told["run"] for _, told in found}) == 1


def test_a_retry_takes_what_failed_as_it_was_asked_for(post, get, engine):
    status, old = post("", {"refs": ["610947572381", "610947572382", "610947572383"]})
    transact(engine, lambda conn: conn.execute(_failed(old["run"], "610947572382")))
    assert post(f"/{old['run']}/stop")[0] == 200
    status, told = post(f"/{old['run']}/retry")
    assert (status, told["label"]) == (201, f"retry of run {old['run']}: failed,blocked")
    assert [one["key"] for one in get(f"/{told['run']}/items")["items"]] == ["610947572382"]
    status, told = post(f"/{old['run']}/retry", {"only": ["cancelled"], "priority": "high"})
    assert (status, told["planned"]) == (201, 2)
    status, told = post(f"/{old['run']}/retry", {"only": ["gone"]})
    assert (status, told["title"]) == (409, "nothing")
    assert post("/999999/retry")[0] == 404


def _failed(run_id: int, offer_id: str):
    of = (ITEM.c.run_id == run_id, ITEM.c.offer_id == offer_id)
    return update(ITEM).where(*of).values(state="failed", reason="no answer")


def test_a_report_says_what_next_and_an_audit_finds_what_is_wrong(post, get, engine):
    _, run = post("", {"refs": ["610947572391"]})
    told = get(f"/{run['run']}/report?quality=true")
    assert told["counts"] == {"queued": 1}
    assert f"pwsync resume {run['run']}" in told["next"]
    assert told["quality"]["pages"] == 0
    wrong = update(ITEM).where(ITEM.c.run_id == run["run"]).values(owner="nobody")
    transact(engine, lambda conn: conn.execute(wrong))
    told = get(f"/{run['run']}/audit")
    assert (told["clean"], told["violations"][0]["name"]) == (False, "I6")
    transact(engine, lambda conn: conn.execute(wrong.values(owner=None)))
