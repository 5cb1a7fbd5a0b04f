"""What a page's call to the gateway asks for, and what its answer is worth, without a browser."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browsers.calls import Returned, Sent, is_call, is_renewal
from browsers.errors import Busy, NetworkFailed, Oversized, Truncated
from browsers.visit import LARGEST

API = "mtop.relationrecommend.wirelessrecommend.recommend"
URL = f"https://h5api.m.1688.com/h5/{API}/2.0/"
DATA = {"appId": 32517, "params": '{"keywords":"%C5%AE%D7%B0","beginPage":1}'}


def test_data_is_read_from_the_address_and_from_a_form():
    form = urlencode({"data": json.dumps(DATA)})
    assert Sent(url=f"{URL}?jsv=2.7.2&{form}&callback=x").data == DATA
    assert Sent(url=f"{URL}?jsv=2.7.2", posted=form).data == DATA


@pytest.mark.parametrize(
    "text", ["", "data=", "data=[]", "data=1", "data={", "data=" + "[" * 50_000, "a=b&" * 200]
)
def test_data_that_cannot_be_read_is_none(text):
    assert Sent(url=f"{URL}?{text}").data is None
    assert Sent(url=URL, posted=text).data is None


@given(st.text())
def test_no_address_or_form_breaks_the_reader(text):
    assert Sent(url=f"{URL}?{text}", posted=text).data is None or "data=" in text
    is_call(text, API)


def test_a_call_is_known_by_its_path_alone():
    assert is_call(f"{URL}?data=1", API)
    assert not is_call(f"https://log.1688.com/?u=/h5/{API}/2.0/", API)
    assert not is_call("https://h5api.m.1688.com/h5/mtop.other/1.0/", API)


def returned(**more) -> Returned:
    return Returned(**{"hold": "h", "sent": Sent(url=URL), "status": 200, **more})


def test_answers_that_are_none_are_told_by_their_status():
    assert returned().error is None
    assert isinstance(returned(status=None, failure="ConnectionReset").error, NetworkFailed)
    busy = returned(status=429, headers={"retry-after": "7"}).error
    assert isinstance(busy, Busy)
    assert busy.retry_after == 7


def test_bodies_that_broke_off_or_are_too_large_are_refused():
    assert returned(headers={"content-length": "2"}).whole(b"{}") == b"{}"
    with pytest.raises(Truncated):
        returned(headers={"content-length": "3"}).whole(b"{}")
    compressed = {"content-length": "900", "content-encoding": "gzip"}
    assert returned(headers=compressed).whole(b"{}") == b"{}"
    with pytest.raises(Oversized):
        returned().whole(b" " * (LARGEST + 1))


@pytest.mark.parametrize(
    ("body", "renews"),
    [
        (b'{"ret":["FAIL_SYS_TOKEN_EMPTY::x"],"data":{}}', True),
        (b' mtopjsonp1({"api":"a","ret":["FAIL_SYS_TOKEN_EXOIRED::x"]})', True),
        (b'{"ret":["SUCCESS::x"],"data":{"t":"FAIL_SYS_TOKEN_EMPTY"}}', False),
        (b'{"ret":["FAIL_SYS_USER_VALIDATE","RGV587_ERROR::SM::x"]}', False),
        (b"", False),
    ],
)
def test_a_renewal_of_the_token_is_no_answer(body, renews):
    assert is_renewal(body) is renews
