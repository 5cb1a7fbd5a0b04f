"""The server: answers by host, breaks off where a fault says so, and writes everything down."""

import gzip
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys

import pytest

from app.replica.expected import expected
from app.replica.offers import catalog, offer_id
from app.replica.pages import document
from app.replica.serve import Replica, running

FIRST = f"/offer/{offer_id(1, 0)}.html"
DETAIL = "detail.1688.com"


@pytest.fixture(scope="module")
def replica():
    with running(offers=20, seed=1) as found:
        yield found


@pytest.fixture(scope="module", params=["reset", "empty", "truncated"])
def broken(request):
    with running(offers=4, faults=f"{request.param}=1", padded=False) as found:
        yield request.param, found


def first_of(replica: Replica, standing: str) -> str:
    return next(row["offer_id"] for row in replica.listed() if row["standing"] == standing)


def test_offer_pages_are_served_gzipped_as_generated(replica):
    status, headers, body = replica.ask(FIRST, host=DETAIL, headers={"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(body) == document(catalog(1, 1)[0])


def test_a_client_without_gzip_gets_the_plain_page(replica):
    status, headers, body = replica.ask(FIRST, host=DETAIL)
    assert status == 200
    assert "content-encoding" not in headers
    assert body == document(catalog(1, 1)[0])


def test_the_mobile_host_serves_the_same_page(replica):
    assert replica.ask(FIRST, host="m.1688.com")[2] == replica.ask(FIRST, host=DETAIL)[2]


def test_old_pages_say_gbk(replica):
    row = next(row for row in replica.listed() if row["era"] == "detail_config")
    _, headers, body = replica.ask(f"/offer/{row['offer_id']}.html", host=DETAIL)
    assert headers["content-type"] == "text/html; charset=GBK"
    assert row["offer_id"] in body.decode("gb18030")


@pytest.mark.parametrize(
    ("standing", "target"),
    [
        ("deleted", "https://page.1688.com/shtml/static/wrongpage.html"),
        ("deleted_home", "https://www.1688.com/?spm=a260k.24848612.notfound&theme=index"),
    ],
)
def test_deleted_offers_redirect(replica, standing, target):
    status, headers, _ = replica.ask(f"/offer/{first_of(replica, standing)}.html", host=DETAIL)
    assert (status, headers["location"]) == (302, target)


def test_an_offer_outside_the_catalog_was_deleted(replica):
    status, headers, _ = replica.ask("/offer/610947572360.html", host=DETAIL)
    assert (status, headers["location"]) == (
        302,
        "https://page.1688.com/shtml/static/wrongpage.html",
    )


def test_an_offer_off_the_shelf_stays_at_its_address(replica):
    status, _, body = replica.ask(f"/offer/{first_of(replica, 'off_shelf')}.html", host=DETAIL)
    assert status == 200
    assert "商品已下架".encode() in body


def test_the_card_address_leads_to_the_canonical_one(replica):
    _, headers, _ = replica.ask("/page/index.html?offerId=600007919003", host="detail.m.1688.com")
    assert headers["location"] == "https://detail.1688.com/offer/600007919003.html"


@pytest.mark.parametrize(
    ("host", "path", "shape"),
    [
        (DETAIL, "/robots.txt", "text/plain"),
        ("www.1688.com", "/", "text/html"),
        ("cbu01.alicdn.com", "/img/ibank/O1CN01x_!!1-0-cib.jpg", "image/jpeg"),
        ("g.alicdn.com", "/upkg-solution/detail/0.0.44/index.js", "application/javascript"),
        ("g.alicdn.com", "/upkg-solution/detail/0.0.44/index.css", "text/css"),
        ("log.mmstat.com", "/beacon?x=1", "image/gif"),
        ("login.1688.com", "/member/signin.htm", "text/html"),
    ],
)
def test_each_host_answers_for_itself(replica, host, path, shape):
    status, headers, body = replica.ask(path, host=host)
    assert status == 200
    assert headers["content-type"].startswith(shape)
    assert body


def test_descriptions_are_served_for_their_offers(replica):
    one = catalog(1, 1)[0]
    path = f"/1688offer/icoss{one.offer_id}a000000"
    status, _, body = replica.ask(path, host="itemcdn.tmall.com")
    assert status == 200
    assert body.startswith(b"var offer_details=")


def test_the_gateway_answers_the_pages_own_calls(replica):
    query = f"?data=%7B%22offerId%22%3A%22{offer_id(1, 0)}%22%7D"
    path = f"/h5/mtop.1688.moga.pc.shopcard/1.0/{query}"
    origin = {"Origin": "https://detail.1688.com"}
    status, headers, body = replica.ask(path, host="h5api.m.1688.com", headers=origin)
    assert (status, headers["access-control-allow-origin"]) == (200, origin["Origin"])
    answer = json.loads(body)
    assert answer["ret"] == ["SUCCESS::调用成功"]
    assert answer["data"]["model"]["tpYear"] > 0


def test_the_gateway_survives_nonsense(replica):
    path = "/h5/mtop.1688.moga.pc.shopcard/1.0/?data=%5B%5D"
    assert replica.ask(path, host="h5api.m.1688.com")[0] == 200


def test_unknown_addresses_are_not_found(replica):
    assert replica.ask("/nothing", host=DETAIL)[0] == 404


def test_the_controls_answer_on_loopback_names_only(replica):
    assert replica.ask("/__replica__/offers", host=DETAIL)[0] == 404
    assert len(replica.listed()) == 20


def test_the_log_is_complete_and_in_order(replica):
    last = replica.log()[-1]["number"] if replica.log() else 0
    agent = {"User-Agent": "a browser"}
    replica.ask(f"{FIRST}?spm=1", host=DETAIL, headers=agent)
    replica.ask("/nothing", host=DETAIL)
    replica.ask("/a.gif", host="log.mmstat.com")
    entries = replica.log(after=last)
    assert [entry["number"] for entry in entries] == [last + 1, last + 2, last + 3]
    assert [(entry["kind"], entry["status"]) for entry in entries] == [
        ("offer", 200),
        ("unknown", 404),
        ("beacon", 200),
    ]
    asked = entries[0]
    assert (asked["host"], asked["path"]) == (DETAIL, f"{FIRST}?spm=1")
    assert (asked["offer_id"], asked["user_agent"]) == (offer_id(1, 0), "a browser")
    assert [entry["kind"] for entry in replica.log(after=last, kind="beacon")] == ["beacon"]


def test_visits_are_counted_by_offer(replica):
    path = f"/offer/{offer_id(1, 1)}.html"
    replica.ask(path, host=DETAIL)
    replica.ask(path, host=DETAIL)
    visits = [e["visit"] for e in replica.log(kind="offer") if e["offer_id"] == offer_id(1, 1)]
    assert visits == [1, 2]


def test_expected_items_come_from_the_generator(replica):
    for one in catalog(1, 20):
        assert replica.expected(one.offer_id) == json.loads(json.dumps(expected(one)))


def test_an_epoch_changes_pages_and_expected_items_alike():
    with running(offers=9, padded=False) as replica:
        before = {row["offer_id"]: replica.expected(row["offer_id"]) for row in replica.listed()}
        pages = {wanted: replica.ask(f"/offer/{wanted}.html", host=DETAIL)[2] for wanted in before}
        replica.turn(2)
        changed = {wanted for wanted in before if replica.expected(wanted) != before[wanted]}
        new = {
            wanted
            for wanted in before
            if replica.ask(f"/offer/{wanted}.html", host=DETAIL)[2] != pages[wanted]
        }
        assert changed == new
        assert len(changed) == 3


def test_blocked_visits_show_the_block_at_http_200():
    marks = {
        "login": b'"action": "login"',
        "punish": b"window.location.replace(url)",
        "slider": b"nc_1_n1z",
        "refused": b'"action": "deny"',
    }
    for fault, mark in marks.items():
        with running(offers=2, faults=f"{fault}=1", padded=False) as replica:
            status, _, body = replica.ask(FIRST, host=DETAIL)
            assert status == 200
            assert mark in body
            assert b"rgv587_flag:sm" in body
            assert [e["fault"] for e in replica.log()] == [fault]


def test_a_slider_page_is_as_heavy_as_a_rendered_one():
    with running(offers=1, faults="slider=1", padded=False) as replica:
        assert 150_000 < len(replica.ask(FIRST, host=DETAIL)[2]) < 170_000


def test_rate_limited_answers_say_when_to_come_again():
    with running(offers=1, faults="toomany=1", padded=False) as replica:
        status, headers, body = replica.ask(FIRST, host=DETAIL)
        assert (status, headers["retry-after"]) == (429, "1")
        assert "访问频繁".encode() in body


def test_broken_answers_really_break_off(broken):
    fault, replica = broken
    error = {
        "reset": ConnectionResetError,
        "empty": http.client.RemoteDisconnected,
        "truncated": http.client.IncompleteRead,
    }[fault]
    with pytest.raises(error):
        replica.ask(FIRST, host=DETAIL)
    assert [entry["fault"] for entry in replica.log()] == [fault]


def test_a_cut_answer_is_complete_as_http():
    with running(offers=1, faults="cut=1", padded=False) as replica:
        status, headers, body = replica.ask(FIRST, host=DETAIL)
        assert status == 200
        assert int(headers["content-length"]) == len(body)
        assert body.endswith(b"</html>\n")
        assert len(body) < len(document(catalog(1, 1)[0], padded=False))


def test_a_first_visit_fault_lets_the_second_through():
    with running(offers=1, faults="busy=1:first", padded=False) as replica:
        status, headers, _ = replica.ask(FIRST, host=DETAIL)
        assert (status, headers["retry-after"]) == (503, "1")
        assert replica.ask(FIRST, host=DETAIL)[0] == 200


def test_redirect_loops_never_end_and_are_one_visit():
    with running(offers=1, faults="redirect_loop=1", padded=False) as replica:
        path = FIRST
        for _ in range(5):
            status, headers, _ = replica.ask(path, host=DETAIL)
            assert status == 302
            path = headers["location"].removeprefix("https://detail.1688.com")
        assert {entry["visit"] for entry in replica.log()} == {1}


def test_a_silent_answer_sends_nothing():
    with running(offers=1, faults="silent=1", padded=False) as replica:
        context = ssl.create_default_context(cadata=replica.certificate)
        host, _, port = replica.address.partition(":")
        with (
            socket.create_connection((host, int(port)), timeout=1) as plain,
            context.wrap_socket(plain, server_hostname=DETAIL) as secure,
        ):
            secure.sendall(f"GET {FIRST} HTTP/1.1\r\nHost: {DETAIL}\r\n\r\n".encode())
            with pytest.raises(TimeoutError):
                secure.recv(1)


def test_a_foreign_page_carries_another_offers_id():
    with running(offers=2, faults="foreign=1", padded=False) as replica:
        body = replica.ask(FIRST, host=DETAIL)[2]
        assert f'"offerId":{offer_id(1, 0)}'.encode() not in body


def test_the_certificate_is_good_for_the_real_names(replica):
    context = ssl.create_default_context(cadata=replica.certificate)
    host, _, port = replica.address.partition(":")
    for name in (
        DETAIL,
        "cbu01.alicdn.com",
        "h5api.m.1688.com",
        "itemcdn.tmall.com",
        "log.mmstat.com",
    ):
        with (
            socket.create_connection((host, int(port)), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() == "TLSv1.3"


def test_it_listens_on_loopback_only(replica):
    assert replica.address.startswith("127.0.0.1:")


def test_a_plan_that_cannot_be_read_does_not_start():
    with pytest.raises(RuntimeError, match="typo"), running(faults="typo=1"):
        pytest.fail("started")


def test_leaving_ends_the_process():
    with running(offers=1, padded=False) as replica:
        os.kill(replica.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(replica.pid, 0)


def test_it_ends_with_the_process_that_holds_its_standard_input():
    command = [sys.executable, "-m", "app.replica", "--offers", "1", "--ready", "--tied"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert json.loads(child.stdout.readline())["offers"] == 1
        child.stdin.close()
        assert child.wait(10) == 0


def test_sigterm_ends_it_cleanly():
    command = [sys.executable, "-m", "app.replica", "--offers", "1", "--ready"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.readline()
        child.terminate()
        assert child.wait(10) == 0
        assert child.stderr.read() == b""
