"""Buyers' data and one-time tokens are gone from every form they come in; the offer is untouched."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.archive.scrub import NAMES, scrub, scrub_url
from app.extract.base import ExtractError, Snapshot
from app.extract.registry import read, read_cards, refuse_blocked
from tests.archive.conftest import CAPTURES, captures, saved_pages


def outcome(payload):
    """All that extraction makes of a document."""
    try:
        return read_cards(payload) or read(Snapshot(document=payload))
    except ExtractError as refused:
        return refused.as_json()


FORMS = [
    '{"%s":"SECRET","next":"kept"}',
    '{"%s" : "SEC\\"RET\\\\" , "next":"kept"}',
    '{"%s":4711000,"next":"kept"}',
    '{"%s":-47110.5e3}',
    '{"inner":"{\\"%s\\":\\"SECRET\\",\\"next\\":\\"kept\\"}"}',
    '{"inner":"{\\"a\\":\\"{\\\\\\"%s\\\\\\":\\\\\\"SECRET\\\\\\"}\\"}"}',
    "var c = { '%s':'SECRET', 'next':'kept' }",
    'G = { %s: "SECRET", next: "kept" }',
    "<div data-app='{&quot;%s&quot;:&quot;SECRET&quot;,&quot;next&quot;:&quot;kept&quot;}'>",
    "https://x.1688.com/a?%s=SECRET&next=kept",
    "https://x.1688.com/a?to=https%%3A%%2F%%2Fy%%3F%s%%3DSECRET%%26next%%3Dkept",
]
SPELLED = [
    "buyerLoginId", "buyerMemberId", "buyerUserId", "buyerUserID", "loginUserId", "feedbackFromId",
    "recieveAddress", "recieveAddressCode", "receiveAddressText", "receiverPhone", "clientIP",
    "clientDeviceId", "deviceId", "ipvId", "traceId", "track_uuid", "currentTime", "serverTime",
    "_csrf_token", "csrfToken", "_tb_token_", "ctoken", "access_token", "umidToken", "x5secdata",
    "x5sec", "_m_h5_tk", "_m_h5_tk_enc",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SPELLED)
def test_a_value_is_emptied_in_every_form_and_its_name_and_what_follows_stay(name, form):
    before = form % name
    after = scrub(before.encode()).decode()
    assert "SEC" not in after
    assert "RET" not in after
    assert "471" not in after
    assert name in after
    assert after.count("kept") == before.count("kept")
    assert after.count("next") == before.count("next")
    if before.startswith('{"'):
        assert json.loads(after).keys() == json.loads(before).keys()


def test_every_name_is_tried():
    for mark, name in NAMES:
        assert any(mark in spelled and re.search(name, spelled) for spelled in SPELLED), name


def test_what_only_looks_like_one_of_them_stays():
    page = (
        '{"buyerProtectionModel":[{"serviceCode":"x"}],"sellerLoginId":"shop","loginId":"shop",'
        'traceId=e.traceId,a;deviceId={"x":1}'
        '"offerLoginId":"shop","tokenName":"t","address":"广州","receiveTime":"3","sign":"a"}'
    ).encode()
    assert scrub(page) == page


def test_the_buyer_model_keeps_what_is_yes_or_no():
    page = (
        '{"buyerModel":{"buyerExtendInfo":{"nick":"me}\\"","level":3,"tags":["a","b"]},'
        '"buyerSign":{"visitorPriceAuth":true},"same":{"$ref":"$.a.b"}},"next":"kept"}'
    )
    assert json.loads(scrub(page.encode())) == {
        "buyerModel": {
            "buyerExtendInfo": {"nick": "", "level": 0, "tags": ["", ""]},
            "buyerSign": {"visitorPriceAuth": True},
            "same": {"$ref": "$.a.b"},
        },
        "next": "kept",
    }


def test_of_the_parameters_we_came_with_only_the_offers_own_stay():
    page = '{"parametersMap":{"offerId":"7","loginId":"me","forcePC":"1769","uuid":"07b8","n":12}}'
    assert json.loads(scrub(page.encode()))["parametersMap"] == {
        "offerId": "7", "loginId": "", "forcePC": "", "uuid": "", "n": 0,
    }  # fmt: skip


def test_the_globals_of_the_page_forget_who_is_logged_in_and_when():
    page = (
        'window.FE_GLOBALS = {\n offerLoginId: "shop",\n /*买家信息*/\n loginId: "me",\n'
        ' clientIP: "10.1.2.3",\n timestamp: new Date(1769593729212)\n};'
    )
    assert scrub(page.encode()).decode() == (
        'window.FE_GLOBALS = {\n offerLoginId: "shop",\n /*买家信息*/\n loginId: null,\n'
        ' clientIP: "",\n timestamp: new Date(0)\n};'
    )


def test_the_beacon_tells_nothing():
    page = 'setAttribute("exparams","category=&userid=2211&sidx=x&aat=c%5fmid%3db2b",id="b")'
    assert scrub(page.encode()) == b'setAttribute("exparams","",id="b")'


def test_the_signature_of_a_gateway_call_goes_that_of_a_file_stays():
    call = b"https://h5api.m.1688.com/h5/x/1.0/?jsv=2.7.4&appKey=12574478&t=1&sign=0a1b&api=x"
    assert scrub(call) == call.replace(b"0a1b", b"")
    file = b"https://itemcdn.tmall.com/desc/icoss1!x?sign=0a1b&var=desc"
    assert scrub(file) == file


def test_an_address_still_says_that_it_was_a_wall():
    url = "https://detail.1688.com//offer/1.html/_____tmd_____/punish?x5secdata=abc%3D&x5step=1"
    clean = scrub_url(url)
    assert "abc" not in clean
    assert clean.endswith("punish?x5secdata=&x5step=1")


def test_a_character_whose_second_byte_is_a_backslash_ends_no_text():
    page = "var c = { 'buyerUserID':'買誠', 'title':'許功蓋', 'end':0 }".encode("gbk")
    assert b"\\" in page
    assert scrub(page).decode("gbk") == "var c = { 'buyerUserID':'', 'title':'許功蓋', 'end':0 }"


def test_a_page_that_breaks_off_in_the_buyer_model_is_scrubbed_to_its_end():
    assert b"me" not in scrub(b'{"buyerModel":{"nick":"me","more":{"x":"me')[:-3]


@pytest.mark.parametrize("path", saved_pages(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_item_of_a_scrubbed_page_is_the_same(path):
    payload = path.read_bytes()
    scrubbed = scrub(payload)
    assert outcome(scrubbed) == outcome(payload)
    assert scrub(scrubbed) == scrubbed


def test_the_item_of_a_scrubbed_capture_is_the_same_and_a_wall_stays_a_wall():
    for path in captures():
        payload = path.read_bytes()
        scrubbed = scrub(payload)
        assert outcome(scrubbed) == outcome(payload), path.name
        assert scrub(scrubbed) == scrubbed, path.name
        if path.parent.name == "blocks":
            with pytest.raises(ExtractError):
                refuse_blocked(Snapshot(document=scrubbed))


def test_two_visits_of_one_page_are_the_same_bytes():
    twins = [
        CAPTURES / "offer" / f"context-951410798382{s}.html" for s in ("", "-ten-minutes-later")
    ]
    if twins[0].exists():
        first, second = (path.read_bytes() for path in twins)
        assert first != second
        assert scrub(first) == scrub(second)


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_and_taken_once(payload):
    assert scrub(scrub(payload)) == scrub(payload)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda part: (
            st.lists(part, max_size=4)
            | st.dictionaries(st.sampled_from([*SPELLED, "a", "buyerModel", "loginId"]), part)
        ),
        max_leaves=20,
    )
)
def test_any_state_stays_json_with_the_same_members(state):
    def shape(node):
        if isinstance(node, dict):
            return {name: shape(part) for name, part in node.items()}
        return [shape(part) for part in node] if isinstance(node, list) else type(node)

    document = json.dumps(state, ensure_ascii=False).encode("utf-8", "surrogatepass")
    after = json.loads(scrub(document).decode("utf-8", "surrogatepass"))
    assert shape(after) == shape(state)
