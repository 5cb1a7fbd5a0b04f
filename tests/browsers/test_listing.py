"""Lists on a real Chromium over the local 1688: complete, without ads, with blocks told apart."""

import json
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from app.extract.lists import read
from app.lists import ListRef, request_for
from app.replica.serve import Replica, running
from browsers.blocks import detect
from browsers.errors import Busy, NetworkFailed, PageCrashed, Refused, TimedOut, Truncated
from browsers.listing import OpenList, opened
from browsers.pool import BrowserPool
from browsers.values import Launch, ListPage, ListRequest
from tests.browsers.conftest import BRISK, Recorder, Rig, closed, until


def wanted(kind: str, value: str, *, pace: float = 0, **more) -> ListRequest:
    return request_for(ListRef.of(kind, value), seed=7, pace=pace, **more)


class Lists:
    """A local 1688 with a pool on it."""

    def __init__(self, replica: Replica, pool: BrowserPool) -> None:
        self.replica = replica
        self.pool = pool

    @asynccontextmanager
    async def opened(self, kind: str, value: str, *, request: ListRequest | None = None, **more):
        request = request or wanted(kind, value)
        async with self.pool.lease(value) as slot, opened(slot, request, **more) as found:
            yield found

    async def check(self) -> None:
        """The pool still works."""
        async with self.opened("keyword", "女装") as listing:
            assert listing.first.number == 1


@asynccontextmanager
async def site(scratch, **plan):
    with running(padded=False, **plan) as replica:
        recorder = Recorder()
        launch = Launch(replica=replica.address, scratch=scratch)
        pool = BrowserPool(launch, size=1, launcher=recorder, patience=BRISK)
        await pool.open()
        try:
            yield Lists(replica, pool)
        finally:
            await closed(Rig(pool, recorder), scratch)


def organic(page: ListPage) -> list[str]:
    return [card.offer_id for card in read(page.document) if not card.is_ad]


async def all_pages(listing: OpenList) -> list[ListPage]:
    pages = [listing.first]
    while (page := await listing.turn(len(pages) + 1)) is not None:
        pages.append(page)
    return pages


async def test_a_search_is_walked_to_its_end_by_its_own_arrow(tmp_path):
    async with site(tmp_path, offers=400, finds=320) as lists:
        async with lists.opened("keyword", "女装 夏") as listing:
            pages = await all_pages(listing)
            assert await listing.turn(len(pages) + 1) is None
        found = [one for page in pages for one in organic(page)]
        assert found == lists.replica.list_of("keyword", "女装 夏")
        assert len(set(found)) == 320
        assert [page.number for page in pages] == [1, 2, 3, 4, 5, 6]
        assert all(page.from_page and page.status == 200 for page in pages)
        assert pages[0].final_url.startswith("https://s.1688.com/selloffer/offer_search.htm?")
        kinds = Counter(entry["kind"] for entry in lists.replica.log())
        assert kinds["ad"] == 0
        assert kinds["search"] == 1
        assert kinds["offer"] == kinds["offer_card"] == 0
        await lists.check()


async def test_behaviour_is_played_and_the_pointer_still_meets_the_arrow_alone(tmp_path):
    async with site(tmp_path, offers=130) as lists:
        request = wanted("keyword", "女装", pace=0.3)
        async with lists.opened("keyword", "女装", request=request) as listing:
            pages = await all_pages(listing)
        assert [len(organic(page)) for page in pages] == [60, 60, 10]
        assert lists.replica.log(kind="ad") == []


async def test_a_category_is_a_search_by_number(tmp_path):
    async with site(tmp_path, offers=250) as lists:
        async with lists.opened("category", "69") as listing:
            found = [one for page in await all_pages(listing) for one in organic(page)]
        assert found == lists.replica.list_of("category", "69")
        assert len(found) > 60


async def test_a_search_of_one_page_has_no_pager(tmp_path):
    async with (
        site(tmp_path, offers=20) as lists,
        lists.opened("keyword", "女装", patience=1) as listing,
    ):
        assert len(organic(listing.first)) == 20
        assert await listing.turn(2) is None


async def test_a_pager_that_is_gone_all_at_once_is_no_end_of_the_list(tmp_path):
    async with (
        site(tmp_path, offers=300, finds=300) as lists,
        lists.opened("keyword", "女装", patience=1) as listing,
    ):
        assert (await listing.turn(2)).from_page
        await listing._tab.page.evaluate(_NO_ARROWS)
        found = await listing.turn(3)
        assert (found.number, found.from_page) == (3, False)


_NO_ARROWS = """() => {
    const remove = () => document.querySelectorAll(".fui-arrow").forEach((one) => one.remove());
    new MutationObserver(remove).observe(document, {childList: true, subtree: true});
    remove();
}"""


async def test_a_search_without_results_is_an_empty_list(tmp_path):
    async with (
        site(tmp_path, offers=20) as lists,
        lists.opened("keyword", "查无此物", patience=1) as listing,
    ):
        assert read(listing.first.document) == []
        assert await listing.turn(2) is None


# Shops


async def shop_pages(listing: OpenList, total: int) -> list[ListPage]:
    numbers = range(2, (total + 29) // 30 + 1)
    return [listing.first, *[await listing.turn(number) for number in numbers]]


async def test_a_shop_of_711_offers_comes_in_complete(tmp_path):
    async with site(tmp_path, offers=800, large_shop=711) as lists:
        shop = lists.replica.shops()[0]
        async with lists.opened("shop", shop["host"]) as listing:
            count = json.loads(listing.first.document)["data"]["content"]["offerCount"]
            pages = await shop_pages(listing, int(count))
            assert read((await listing.turn(25)).document) == []
        found = [one for page in pages for one in organic(page)]
        assert found == lists.replica.list_of("shop", shop["member_id"])
        assert len(found) == 711
        asked = [e for e in lists.replica.log(kind="gateway") if "moduleasync" in e["path"]]
        # the page's own: one to be given a token, three modules; then one a page
        assert len(asked) <= 2 * 3 + 24


async def test_a_shop_known_by_its_owner_alone_is_asked_for_on_its_mobile_page(tmp_path):
    async with site(tmp_path, offers=100, large_shop=65) as lists:
        shop = lists.replica.shops()[0]
        async with lists.opened("shop", shop["member_id"], patience=1) as listing:
            assert listing.first.final_url.startswith("https://winport.m.1688.com/")
            pages = await shop_pages(listing, 65)
        assert [one for page in pages for one in organic(page)] == lists.replica.list_of(
            "shop", shop["host"]
        )


async def test_a_shop_may_be_resumed_at_any_page(tmp_path):
    async with site(tmp_path, offers=100, large_shop=95) as lists:
        shop = lists.replica.shops()[0]
        async with lists.opened("shop", shop["host"]) as listing:
            page = await listing.turn(3)
        assert organic(page) == lists.replica.list_of("shop", shop["host"])[60:90]


async def test_an_address_without_a_shop_is_told_by_its_page(tmp_path):
    async with (
        site(tmp_path, offers=20) as lists,
        lists.opened("shop", "shop0000000000.1688.com", patience=0.5) as listing,
    ):
        assert not listing.first.from_page
        assert "旺铺不存在".encode() in listing.first.document
        assert not (await listing.turn(2)).from_page


# Blocks


def rule(page: ListPage) -> str | None:
    found = detect(url=page.final_url, status=page.status, document=page.document)
    return found and found.rule


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("login", "login"), ("punish", "slider"), ("slider", "slider"), ("refused", "refused")],
)
async def test_a_block_in_place_of_the_list_is_its_first_page(tmp_path, fault, expected):
    async with site(tmp_path, offers=130, faults=f"{fault}=1:1:list") as lists:
        async with lists.opened("keyword", "女装") as listing:
            assert not listing.first.from_page
            assert rule(listing.first) == expected
        await lists.check()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("login", "login"), ("punish", "slider"), ("refused", "refused")],
)
async def test_a_refused_call_is_the_page_it_was_made_for(tmp_path, fault, expected):
    async with site(tmp_path, offers=130, faults=f"{fault}=1:1:call") as lists:
        async with lists.opened("keyword", "女装") as listing:
            assert listing.first.from_page
            assert rule(listing.first) == expected
        await lists.check()


async def test_a_refusal_on_a_later_page_of_a_shop_is_returned(tmp_path):
    faults = "slider=0.2:1:call"
    async with site(tmp_path, offers=800, large_shop=711, faults=faults) as lists:
        shop = lists.replica.shops()[0]
        async with lists.opened("shop", shop["host"]) as listing:
            pages = await shop_pages(listing, 711)
        rules = Counter(rule(page) for page in pages)
        assert rules["slider"] > 0
        assert rules[None] > 12


# Faults


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        ("busy=1:1:list", Busy),
        ("toomany=1:1:call", Busy),
        ("busy=1:1:call", Busy),
        ("reset=1:1:list", NetworkFailed),
        ("truncated=1:1:list", Truncated),
        ("truncated=1:1:call", Truncated),
    ],
)
async def test_what_goes_wrong_is_raised_as_what_it_is(tmp_path, faults, error):
    async with site(tmp_path, offers=130, faults=faults) as lists:
        with pytest.raises(error) as raised:
            async with lists.opened("keyword", "女装", deadline=20):
                pytest.fail("opened")
        if error is Busy:
            assert raised.value.retry_after == 1
        await lists.check()


async def test_a_renderer_that_dies_is_noticed_by_the_next_page_at_the_latest(tmp_path):
    async with site(tmp_path, offers=130, faults="crash=1:1:list") as lists:
        with pytest.raises(PageCrashed):
            # the first page may have come over the wire before
            async with lists.opened("keyword", "女装") as listing:
                await listing.turn(2)
        await lists.check()


@pytest.mark.parametrize("fault", ["reset", "empty"])
async def test_a_call_that_is_never_answered_is_a_network_error(tmp_path, fault):
    # always: the engine tries again by itself where an old connection breaks
    async with site(tmp_path, offers=130, faults=f"{fault}=1:call") as lists:
        with pytest.raises(NetworkFailed):
            async with lists.opened("keyword", "女装", deadline=20):
                pytest.fail("opened")


@pytest.mark.parametrize(
    "faults", ["silent=1:1:list", "slow=1:1:call", "silent=1:1:call", "hang=1:1:list"]
)
async def test_what_never_ends_is_ended_by_the_deadline(tmp_path, faults):
    async with site(tmp_path, offers=130, faults=faults) as lists:
        with pytest.raises(TimedOut):
            async with lists.opened("keyword", "女装", deadline=3):
                pytest.fail("opened")
        await lists.check()


async def test_a_page_whose_scripts_are_missing_is_told_by_its_html(tmp_path):
    async with (
        site(tmp_path, offers=130, faults="garbage=1:1:list") as lists,
        lists.opened("keyword", "女装", patience=0.5) as listing,
    ):
        assert not listing.first.from_page
        assert rule(listing.first) is None
        assert b"pageMessage" in listing.first.document


async def test_success_without_a_list_is_an_answer_for_the_reader(tmp_path):
    async with (
        site(tmp_path, offers=130, faults="garbage=1:1:call") as lists,
        lists.opened("keyword", "女装") as listing,
    ):
        assert listing.first.from_page
        assert b'"data":{}' in listing.first.document


async def test_a_foreign_address_is_never_opened(tmp_path):
    async with site(tmp_path, offers=20) as lists:
        request = wanted("keyword", "女装")
        for url in ("https://evil.com/", "https://dj.1688.com/ci_bb?a=1"):
            other = ListRequest(url=url, api=request.api, number=request.number, turn=request.turn)
            with pytest.raises(Refused):
                async with lists.opened("keyword", "女装", request=other):
                    pytest.fail("opened")


async def test_an_advertisement_that_slips_under_the_pointer_is_not_clicked(tmp_path):
    async with site(tmp_path, offers=130) as lists:
        async with lists.opened("keyword", "女装") as listing:
            page = listing._tab.page
            await page.evaluate(_SLIPS_IN)
            assert len(organic(await listing.turn(2))) == 60
            assert await page.evaluate("[window.met, window.caught]") == [True, 0]
        assert lists.replica.log(kind="ad") == []


_SLIPS_IN = """() => {
    window.met = false, window.caught = 0;
    addEventListener("mousemove", () => {
        if (window.met) return;
        window.met = true;
        const ad = document.createElement("a");
        ad.href = "https://detailp4p.1688.com/buyer/offerdetail/1.html";
        ad.style = "position:fixed;inset:0;background:red";
        for (const kind of ["mousedown", "click"]) ad.addEventListener(kind, () => window.caught++);
        document.body.appendChild(ad);
        setTimeout(() => ad.remove(), 1000);
    });
}"""


async def test_a_list_of_two_thousand_comes_in_complete(tmp_path):
    async with site(tmp_path, offers=2000) as lists:
        async with lists.opened("keyword", "收纳") as listing:
            pages = await all_pages(listing)
        found = [one for page in pages for one in organic(page)]
        assert len(pages) == 34
        assert found == lists.replica.list_of("keyword", "收纳")
        assert len(set(found)) == 2000
        assert lists.replica.log(kind="ad") == []


async def test_a_slider_that_comes_up_over_the_list_ends_its_turning(tmp_path):
    async with site(tmp_path, offers=130, faults="overlay=1:1:list") as lists:
        async with lists.opened("keyword", "女装", patience=1) as listing:
            await until(lambda: listing._is_blocked)
            page = await listing.turn(2)
            assert (page.from_page, page.interstitial) == (False, "slider")
        assert lists.replica.log(kind="ad") == []
        await lists.check()
