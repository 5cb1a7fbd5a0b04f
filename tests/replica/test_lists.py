"""Lists of the local 1688: shapes of real answers, complete pages, tokens, refusals, and its ads."""

import json
from collections import Counter
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from app.extract.lists import read
from app.replica.cards import Place, query_card, search_card, shop_record
from app.replica.faults import BadFault, Fault, Scope, parse
from app.replica.lists import ADS, NOTHING, SEARCH_PAGE, Lists
from app.replica.offers import offer, offer_id
from app.replica.serve import Replica, running

CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures"
SEARCH = "mtop.relationrecommend.wirelessrecommend.recommend"
MODULES = "mtop.alibaba.alisite.cbu.server.moduleasyncservice"
GATEWAY = "h5api.m.1688.com"
COOKIE = {"Cookie": "_m_h5_tk=0_1"}
GBK = quote("女装".encode("gbk"))


@pytest.fixture(scope="module")
def replica():
    with running(offers=300, finds=150, large_shop=71, padded=False) as found:
        yield found


def call(replica: Replica, api: str, data: dict, *, cookies=COOKIE, **more) -> bytes:
    query = {"data": json.dumps(data), "sign": "0", "t": "1", **more}
    status, _, body = replica.ask(
        f"/h5/{api}/1.0/?{urlencode(query)}", host=GATEWAY, headers=cookies
    )
    assert status == 200
    return body


def search(replica: Replica, number: int = 1, **more) -> bytes:
    params = {"method": "getOfferList", "keywords": GBK, "beginPage": number, "pageId": "a", **more}
    return call(replica, SEARCH, {"appId": 32517, "params": json.dumps(params)})


def module(
    replica: Replica, member_id: str, number: int = 1, key="Wp_pc_common_offerlist"
) -> bytes:
    params = {"memberId": member_id, "appdata": {"pageNum": number, "count": 30}}
    return call(replica, MODULES, {"componentKey": key, "params": json.dumps(params)})


# What a keyword finds


def organic(body: bytes) -> list[str]:
    return [card.offer_id for card in read(body) if not card.is_ad]


def test_all_pages_of_a_keyword_are_what_it_finds(replica):
    pages = [organic(search(replica, number)) for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [60, 60, 30, 0]
    found = [one for page in pages for one in page]
    assert found == replica.list_of("keyword", "女装")
    assert len(set(found)) == 150


def test_a_page_that_is_reached_directly_repeats_the_one_before(replica):
    first = organic(search(replica, 1, pageId="b"))
    fresh = organic(search(replica, 2, pageId="c"))
    assert len(fresh) == 60
    assert len(set(first) & set(fresh)) == 45


def test_every_page_has_ads_that_are_told_as_such_and_one_card_that_is_no_offer(replica):
    cards = json.loads(search(replica))["data"]["data"]["OFFER"]["items"]
    assert len(cards) == SEARCH_PAGE + ADS + 1
    kinds = Counter(card["cellType"] for card in cards)
    assert kinds == {"smart_ui_offer": SEARCH_PAGE + ADS, "sas_query_card": 1}
    ads = [card for card in cards if card["data"]["linkUrl"].startswith("https://detailp4p.")]
    assert len(ads) == ADS
    assert all("_p_isad@1" in card["trackInfo"]["expoArgs"]["ext_expo_data"] for card in ads)
    assert {card["data"]["isP4P"] for card in ads} == {True, False}
    assert sum(card.is_ad for card in read(search(replica))) == ADS


def test_a_keyword_in_utf_8_finds_something_else(replica):
    told = json.loads(search(replica, keywords=quote("女装")))["data"]["data"]["OFFER"]
    assert told["keywords"] == quote("女装") or told["keywords"] == "女装".encode().decode(
        "gb18030"
    )
    assert organic(search(replica, keywords=quote("女装"))) != organic(search(replica))


def test_there_are_searches_that_find_nothing(replica):
    told = json.loads(search(replica, keywords=quote(NOTHING.encode("gbk"))))
    assert told["data"]["data"]["OFFER"]["found"] == 0
    assert replica.list_of("keyword", NOTHING) == []


def test_a_category_has_the_offers_of_its_kind(replica):
    within = replica.list_of("category", "10166")
    assert 20 < len(within) < 120
    for one in within[:3]:
        assert replica.expected(one).get("category", {"top_id": "10166"})["top_id"] == "10166"
    assert organic(search(replica, keywords="", categoryId="10166")) == within[:60]


def test_the_cap_of_the_site_holds():
    lists = Lists(seed=1, offers=2600)
    assert len(lists.found("keyword", "女装")) == 2000
    assert len(set(lists.found("keyword", "女装"))) == 2000
    assert lists.found("keyword", "女装") != lists.found("keyword", "收纳")
    assert len(Lists(seed=1, offers=900, large_shop=711).found("shop", lists.owner(0).shop)) == 711


def test_other_methods_and_modules_bring_no_list(replica):
    config = search(replica, method="batchGetNavigationAndConfigData")
    assert b'"OFFER"' not in config
    owner = replica.shops()[0]["member_id"]
    assert json.loads(module(replica, owner, key="wp_pc_auto_offer_big"))["data"] == {}
    assert b'"category"' in module(replica, owner, key="wp_pc_common_topnav")


# Shops


def test_all_pages_of_the_large_shop_are_its_offers(replica):
    shop = replica.shops()[0]
    assert shop["offers"] == 71
    pages = [read(module(replica, shop["member_id"], number)) for number in (1, 2, 3)]
    found = [card.offer_id for page in pages for card in page]
    assert (
        found == replica.list_of("shop", shop["host"]) == replica.list_of("shop", shop["member_id"])
    )
    assert [len(page) for page in pages] == [30, 30, 11]
    assert {card.supplier.member_id for page in pages for card in page} == {shop["member_id"]}
    content = json.loads(module(replica, shop["member_id"], 9))["data"]["content"]
    assert (content["offerCount"], content["offerList"]) == ("71", [])


def test_an_offers_page_names_the_shop_that_lists_it(replica):
    shop = replica.shops()[0]
    shown = replica.expected(replica.list_of("shop", shop["host"])[0])
    assert shown["supplier"]["member_id"] == shop["member_id"]


def test_shop_pages_name_their_owner_and_no_offers(replica):
    shop = replica.shops()[3]
    _, _, body = replica.ask("/page/offerlist.htm", host=shop["host"])
    assert shop["member_id"].encode() in body
    assert b"/offer/" not in body
    query = urlencode({"memberId": shop["member_id"]})
    _, _, body = replica.ask(f"/page/offerlist.html?{query}", host="winport.m.1688.com")
    assert body.count(b"/offer/") == min(21, shop["offers"])
    _, _, body = replica.ask("/page/offerlist.htm", host="shop0000000000.1688.com")
    assert "旺铺不存在".encode() in body


# The gateway


def test_a_first_call_brings_a_token(replica):
    data = {"params": json.dumps({"method": "getOfferList", "keywords": GBK})}
    query = urlencode({"data": json.dumps(data), "callback": "mtopjsonp1", "sign": "0"})
    _, headers, body = replica.ask(f"/h5/{SEARCH}/2.0/?{query}", host=GATEWAY)
    assert headers["set-cookie"].startswith("_m_h5_tk=")
    assert body.startswith(b' mtopjsonp1({"')
    assert b"FAIL_SYS_TOKEN_EMPTY" in body


def test_an_unsigned_call_is_illegal(replica):
    query = urlencode({"data": "{}"})
    _, _, body = replica.ask(f"/h5/{SEARCH}/2.0/?{query}", host=GATEWAY, headers=COOKIE)
    assert b"FAIL_SYS_ILLEGAL_ACCESS" in body


def test_asking_for_an_ad_is_noted(replica):
    replica.ask("/buyer/offerdetail/1.html", host="detailp4p.1688.com")
    replica.ask("/ci_bb?a=1", host="dj.1688.com")
    assert [entry["host"] for entry in replica.log(kind="ad")] == [
        "detailp4p.1688.com",
        "dj.1688.com",
    ]


# Faults


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("login", b"https://login.1688.com/"),
        ("slider", b"FAIL_SYS_USER_VALIDATE"),
        ("punish", b"_____tmd_____/punish"),
        ("refused", b"FAIL_SYS_TRAFFIC_LIMIT"),
        ("garbage", b'"data":{}'),
    ],
)
def test_calls_are_refused_and_spoiled(fault, words):
    with running(offers=70, faults=f"{fault}=1:1:call", padded=False) as replica:
        assert words in search(replica)
        assert len(organic(search(replica))) == 60
        shop = replica.shops()[0]["member_id"]
        assert words in module(replica, shop)
        assert len(read(module(replica, shop))) == 2


def test_a_cut_answer_does_not_parse():
    with (
        running(offers=70, faults="cut=1:call", padded=False) as replica,
        pytest.raises(ValueError),
    ):
        json.loads(search(replica))


@pytest.mark.parametrize(("fault", "status"), [("busy", 503), ("toomany", 429), ("login", 200)])
def test_documents_of_lists_have_faults_of_their_own(fault, status):
    with running(offers=70, faults=f"{fault}=1:first:list", padded=False) as replica:
        path, host = f"/selloffer/offer_search.htm?keywords={GBK}", "s.1688.com"
        assert replica.ask(path, host=host)[0] == status
        assert b"offer_search" not in replica.ask(path, host=host)[2]
        assert b"pageMessage" in replica.ask(path, host=host)[2]
        assert organic(search(replica))  # the calls fare well
        assert replica.log(kind="search")[0]["fault"] == fault


def test_scopes_are_drawn_apart():
    plan = parse("login=1,slider=1:first:list,busy=0.5:call", seed=1)
    assert plan.draw("x", 1) is Fault.LOGIN
    assert [plan.draw("x", visit, Scope.LIST) for visit in (1, 2)] == [Fault.SLIDER, None]
    calls = {plan.draw(f"x{number}", 1, Scope.CALL) for number in range(50)}
    assert calls == {Fault.BUSY, None}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("foreign=1:list", "does not strike"),
        ("hang=1:call", "does not strike"),
        ("busy=1:often:list", "RATE"),
        ("busy=1:1:page", "RATE"),
        ("busy=0.6:call,reset=0.6:call", "more than 1"),
    ],
)
def test_scopes_that_cannot_be_read_are_refused(text, word):
    with pytest.raises(BadFault, match=word):
        parse(text, seed=1)


# Shapes


def paths(node: object, at: str = "") -> set[str]:
    if isinstance(node, dict):
        return {f"{at}.{key}" for key in node} | {
            path for key, value in node.items() for path in paths(value, f"{at}.{key}")
        }
    if isinstance(node, list):
        return {path for value in node for path in paths(value, f"{at}[]")}
    return set()


def kinds(node: object, at: str = "") -> dict[str, set[type]]:
    if isinstance(node, dict):
        found: dict[str, set[type]] = {}
        for key, value in node.items():
            for path, types in kinds(value, f"{at}.{key}").items():
                found.setdefault(path, set()).update(types)
        return found
    return {at: {int if isinstance(node, int) and not isinstance(node, bool) else type(node)}}


def captured(name: str) -> dict:
    path = CAPTURES / name
    if not path.is_file():
        pytest.skip("no captures here")
    return json.loads(path.read_bytes())


def real_cards() -> list[dict]:
    names = ("lamp-page-1", "storage-page-1", "storage-page-2")
    return [
        item
        for name in names
        for item in captured(f"search/getOfferList-{name}.json")["data"]["OFFER"]["items"]
    ]


IGNORED = (".trackInfo.uiTrackInfo", ".data.creativeData")
"""What no reader looks at and what is large."""


def members(cards: list[dict]) -> tuple[set[str], set[str]]:
    """Paths that every card has, and that some have."""
    each = [{p for p in paths(card) if not p.startswith(IGNORED)} for card in cards]
    return set.intersection(*each), set.union(*each)


def our_cards() -> tuple[list[dict], list[dict]]:
    place = Place(keyword="收纳", page=1, size=60, position=7)
    offers = [offer(1, index) for index in range(40)]
    ordinary = [search_card(one, place) for one in offers]
    return ordinary, [search_card(one, place, ad=n) for n, one in enumerate(offers)]


def test_cards_have_the_members_of_real_ones():
    real = [card for card in real_cards() if card["cellType"] == "smart_ui_offer"]
    always, ever = members(real)
    ordinary, ads = our_cards()
    for card in (*ordinary, *ads):
        ours = {p for p in paths(card) if not p.startswith(IGNORED)}
        assert ours - ever == set()
        assert always - ours == set()


def test_values_of_cards_have_the_types_of_real_ones():
    real: dict[str, set[type]] = {}
    for card in real_cards():
        for path, types in kinds(card).items():
            real.setdefault(path, set()).update(types)
    ordinary, ads = our_cards()
    for card in (*ordinary, *ads):
        for path, types in kinds(card).items():
            assert types <= real[path], path


def test_the_card_that_is_no_offer_has_the_members_of_a_real_one():
    (real, *_) = [card for card in real_cards() if card["cellType"] == "sas_query_card"]
    ours = query_card(Place(keyword="收纳", page=1, size=60, position=13))
    assert paths(ours) - paths(real) == set()


def test_an_answer_has_the_members_of_a_real_one(replica):
    real = captured("search/getOfferList-storage-page-1.json")
    ours = json.loads(search(replica))["data"]
    assert set(ours) == set(real)
    assert set(ours["data"]) == set(real["data"])
    assert set(ours["data"]["OFFER"]) == set(real["data"]["OFFER"])


def test_a_shops_answer_has_the_members_of_a_real_one(replica):
    real = captured("shop/offerlist-ordinary-store.json")
    ours = json.loads(module(replica, replica.shops()[0]["member_id"]))
    assert set(ours["data"]["content"]) == set(real["data"]["content"])
    record = shop_record(offer(1, 0))
    assert set(record) == set(real["data"]["content"]["offerList"][0])
    assert {str} == set().union(
        *kinds({k: v for k, v in record.items() if isinstance(v, str)}).values()
    )


def test_ids_of_lists_are_those_of_the_catalog(replica):
    catalog = {offer_id(replica.seed, index) for index in range(replica.offers)}
    assert set(replica.list_of("keyword", "女装")) < catalog
