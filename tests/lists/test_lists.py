"""What a person may type or paste to name a list, what is refused, and what is asked for then."""

import json
import re
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lists import (
    SEARCH_API,
    ListKind,
    ListRef,
    ListRefError,
    list_of,
    request_for,
    search_page,
    shop_page,
)
from browsers import traffic
from browsers.values import Arrow, Ask

MEMBER = "b2b-2215851444937e78b1"
HOST = "shop1467652076311.1688.com"


def shop(value: str) -> ListRef:
    return ListRef.of("shop", value)


@pytest.mark.parametrize(
    "text",
    [
        HOST,
        "shop1467652076311",
        f"https://{HOST}",
        f"http://{HOST}/",
        f"HTTPS://{HOST.upper()}/page/index.htm?spm=a2615.x",
        f"//{HOST}/page/offerlist.htm",
        f"https://{HOST}:443/page/offerlist.html?tradenumFilter=false#x",
        f" \ufeffhttps://{HOST}/page/creditdetail.htm\n",
    ],
)
def test_a_shops_address_of_any_form_names_its_host(text):
    assert shop(text).value == HOST
    assert shop(text).has_host


@pytest.mark.parametrize(
    "text",
    [
        MEMBER,
        f"https://winport.m.1688.com/page/index.html?memberId={MEMBER}",
        f"https://winport.m.1688.com/page/offerlist.html?memberId={MEMBER}&pageIndex=1&catId=",
        f"winport.m.1688.com/page/offerlist.html?a=b&memberId={MEMBER}",
        f"https://m.1688.com/winport/{MEMBER}.html",
        f"https://wp.m.1688.com/page/businessinfor.html?memberId={MEMBER}",
        f"https://sale.1688.com/factory/card.html?memberId={MEMBER}",
    ],
)
def test_every_form_with_a_member_id_names_its_owner(text):
    assert shop(text).value == MEMBER
    assert not shop(text).has_host


def test_custom_hosts_and_legacy_member_ids_stay_apart():
    assert shop("powerlions.1688.com").value == "powerlions.1688.com"
    assert shop("powerlions").value == "powerlions"


TRICKS = [
    f"https://user@{HOST}/",
    f"https://{HOST}@evil.com/",
    f"https://{HOST}:80@evil.com/",
    f"https://evil.com\\@{HOST}/",
    f"https:\\\\{HOST}\\",
    f"https://{HOST}/\tx",
    f"https://{HOST}\r\n/x",
    f"https://{HOST}/\x00",
    f"https://{HOST}.evil.com/",
    f"https://{HOST}./",
    f"https://{HOST}:8443/",
    f"http://{HOST}:443/",
    "https://evil.com/?u=shop1.1688.com",
    "https://evil1688.com/",
    "https://shop。1688。com/",
    "https://ｓｈｏｐ.1688.com/",
    "https://shop1%2eevil.com/",
    "https://a.b.1688.com/",
    "https://-x.1688.com/",
    "https://x_y.1688.com/",
    "https://.1688.com/",
    "https://1688.com/",
    "file:///etc/passwd",
    f"javascript://{HOST}/%0aalert(1)",
    "data:text/html,x",
    f"ftp://{HOST}/",
    "http://127.0.0.1/page/offerlist.htm",
    "http://2130706433/",
    f"https://winport.m.1688.com/page/index.html?memberId={MEMBER}&memberId=b2b-1",
    "https://winport.m.1688.com/page/index.html?memberId=../../x",
    "https://winport.m.1688.com/page/index.html?memberId=a%26b",
    "https://m.1688.com/winport/a/b.html",
    "../b2b-1",
    "b2b 1",
    "b2b-1\n;",
    "-b2b",
    "会员",
    "a" * 129,
    f"https://{HOST}/" + "x" * 5000,
]


@pytest.mark.parametrize("text", TRICKS)
def test_tricks_are_refused(text):
    with pytest.raises(ListRefError):
        shop(text)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("shop", "", "empty"),
        ("shop", "610947572360", "an offer's"),
        ("shop", "https://detail.1688.com/offer/610947572360.html", "name the offer as REF"),
        ("shop", "https://s.1688.com/selloffer/offer_search.htm?keywords=x", "--keyword"),
        ("shop", "https://dj.1688.com/ci_bb?a=1", "advertiser"),
        ("shop", "https://login.1688.com/member/signin.htm", "login"),
        ("shop", "https://www.1688.com/", "page of the site itself"),
        ("shop", f"https://{HOST}/page/offerlist.htm/_____tmd_____/punish?x=1", "block page"),
        ("shop", "https://qr.1688.com/s/x", "short link"),
        ("shop", "https://shop1.taobao.com/", "not on 1688.com"),
        ("shop", "https://winport.m.1688.com/page/index.html", "no member id"),
        ("keyword", "", "empty"),
        ("keyword", " \u3000\t ", "empty"),
        ("keyword", "x" * 101, "100 characters"),
        ("keyword", "a\x1b[31mb", "control"),
        ("keyword", "a\u202eb", "control"),
        ("keyword", "\ud800", "invalid"),
        ("category", "", "no category"),
        ("category", "女装", "no category"),
        ("category", "0123", "no category"),
        ("category", "１２３", "no category"),
        ("category", "1031910&x=1", "no category"),
        ("album", "x", "no kind of list"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason_and_the_next_step(kind, text, words):
    with pytest.raises(ListRefError) as refused:
        ListRef.of(kind, text)
    message = str(refused.value)
    assert words in message
    assert message.isprintable()


def test_labels_are_one_line_for_screens():
    assert ListRef.of("keyword", "  女装\u3000夏季 ").label == "search 女装 夏季"
    assert shop(HOST).label == "shop shop1467652076311"
    assert shop(MEMBER).label == f"shop {MEMBER}"
    assert ListRef.of("category", "1031910").label == "category 1031910"


def test_one_of_three_options_names_the_list():
    assert list_of(None, None, None) is None
    assert list_of("女装", None, None) == ListRef(kind=ListKind.KEYWORD, value="女装")
    assert list_of(None, HOST, None) == ListRef(kind=ListKind.SHOP, value=HOST)
    assert list_of(None, None, "1031910") == ListRef(kind=ListKind.CATEGORY, value="1031910")
    with pytest.raises(ListRefError):
        list_of("女装", None, "1")


@given(st.sampled_from([*ListKind]), st.text(max_size=200))
def test_any_text_is_a_list_that_reads_itself_again_or_a_list_ref_error(kind, text):
    try:
        ref = ListRef.of(kind, text)
    except ListRefError as refused:
        told = str(refused)
    else:
        told = ref.label
        assert ListRef.of(ref.kind, json.loads(json.dumps(ref.value))) == ref
        traffic.check(request_for(ref, seed=1).url)
    assert told.isprintable()


@given(st.from_regex(r"(?:https?:)?//[a-z0-9.@:/\\%-]{1,40}/page/[a-z]{1,9}\.htm", fullmatch=True))
def test_only_a_host_right_below_the_sites_name_is_believed(text):
    try:
        ref = shop(text)
    except ListRefError:
        return
    assert re.fullmatch(r"[a-z0-9-]+\.1688\.com", ref.value)
    assert text.split("/")[2].partition(":")[0] == ref.value


# What is asked for


def test_a_keyword_is_sent_as_gbk():
    request = request_for(ListRef.of("keyword", "女装 a&b"), seed=7)
    assert request.url == (
        "https://s.1688.com/selloffer/offer_search.htm?keywords=%C5%AE%D7%B0%20a%26b"
    )
    assert (request.api, request.kind, request.seed) == (SEARCH_API, "list", 7)
    assert isinstance(request.turn, Arrow)


@given(st.text(min_size=1, max_size=30))
def test_every_keyword_survives_its_encoding(text):
    try:
        ref = ListRef.of("keyword", text)
    except ListRefError:
        return
    sent = request_for(ref, seed=1).url.partition("?keywords=")[2]
    assert unquote_to_bytes(sent).decode("gb18030") == ref.value


def test_a_category_is_searched_by_its_number():
    url = request_for(ListRef.of("category", "1031910"), seed=1).url
    assert url == "https://s.1688.com/selloffer/offer_search.htm?categoryId=1031910"


@pytest.mark.parametrize(
    ("value", "shop_url", "url"),
    [
        (HOST, None, f"https://{HOST}/page/offerlist.htm"),
        (HOST, "https://other.1688.com", f"https://{HOST}/page/offerlist.htm"),
        (MEMBER, f"http://{HOST}", f"https://{HOST}/page/offerlist.htm"),
        (MEMBER, None, f"https://winport.m.1688.com/page/offerlist.html?memberId={MEMBER}"),
        (
            MEMBER,
            f"https://winport.m.1688.com/page/index.html?memberId={MEMBER}",
            f"https://winport.m.1688.com/page/offerlist.html?memberId={MEMBER}",
        ),
        (
            MEMBER,
            "https://evil.com/",
            f"https://winport.m.1688.com/page/offerlist.html?memberId={MEMBER}",
        ),
    ],
)
def test_a_shop_is_visited_at_the_best_known_address(value, shop_url, url):
    assert request_for(shop(value), shop_url=shop_url, seed=1).url == url


def search(**params) -> dict:
    return {"appId": 32517, "params": json.dumps(params)}


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (search(method="getOfferList", beginPage=1, pageSize=60), 1),
        (search(method="getOfferList", beginPage="12"), 12),
        ({"params": {"method": "getOfferList", "beginPage": 3}}, 3),
        (search(method="batchGetNavigationAndConfigData", beginPage=1), None),
        (search(beginPage=1), None),  # the home page's recommendations
        (search(method="getOfferList"), None),
        (search(method="getOfferList", beginPage=0), None),
        (search(method="getOfferList", beginPage=True), None),
        (search(method="getOfferList", beginPage=[1]), None),
        ({"params": "{"}, None),
        ({"params": "[" * 100_000}, None),
        ({"params": 5}, None),
        ({}, None),
    ],
)
def test_a_searchs_call_is_known_by_its_method_and_page(data, number):
    assert search_page(data) == number


def module(key="Wp_pc_common_offerlist", **appdata) -> dict:
    params = {"memberId": MEMBER, "appdata": {"pageNum": 1, "count": 30, **appdata}}
    return {"componentKey": key, "params": json.dumps(params)}


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (module(), 1),
        (module(pageNum="24"), 24),
        (module("wp_pc_common_offerlist", pageNum=2), 2),
        (module("wp_pc_common_header"), None),
        ({"componentKey": "Wp_pc_common_offerlist"}, None),
        ({}, None),
    ],
)
def test_a_shops_call_is_known_by_its_module_and_page(data, number):
    assert shop_page(data) == number


def test_a_shops_next_page_is_asked_for_as_the_page_itself_does():
    turn = request_for(shop(HOST), seed=1).turn
    assert isinstance(turn, Ask)
    own = module(sortType="timedown")
    asked = turn.data(5, own)
    assert shop_page(asked) == 5
    before, after = json.loads(own["params"]), json.loads(asked["params"])
    assert after == {**before, "appdata": {**before["appdata"], "pageNum": 5}}


def test_a_shop_known_by_its_owner_can_be_asked_for_without_an_example():
    turn = request_for(shop(MEMBER), seed=1).turn
    assert isinstance(turn, Ask)
    asked = turn.data(2, None)
    assert shop_page(asked) == 2
    assert json.loads(asked["params"])["memberId"] == MEMBER


def test_a_shop_known_by_its_host_alone_cannot():
    turn = request_for(shop(HOST), seed=1).turn
    assert isinstance(turn, Ask)
    assert turn.data(2, None) is None
