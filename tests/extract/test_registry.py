"""Reading a saved page: the order of checks, and layouts that are found, not listed."""

from pathlib import Path

import pytest

from app.extract import layouts
from app.extract.base import Blocked, ExtractError, Gone, Invalid, LayoutUnknown, Snapshot
from app.extract.registry import known_layouts, read, state_marks

OFFER = "https://detail.1688.com/offer/610947572360.html"


def refusal(document=b"", **seen):
    with pytest.raises(ExtractError) as refused:
        read(Snapshot(document=document, **seen))
    return refused.value


def test_every_file_of_the_folder_is_a_layout_of_its_name():
    files = {path.stem for path in Path(layouts.__path__[0]).glob("*.py")} - {"__init__"}
    assert {layout.name for layout in known_layouts()} == files
    assert all(layout.marks for layout in known_layouts())
    assert set(state_marks()) == {mark for layout in known_layouts() for mark in layout.marks}


def test_the_address_is_believed_before_the_page(page):
    block = refusal(page.html(), url=OFFER, final_url=f"{OFFER}/_____tmd_____/punish?x5secdata=x")
    assert isinstance(block, Blocked)
    gone = refusal(
        page.html(), url=OFFER, final_url="https://page.1688.com/shtml/static/wrongpage.html"
    )
    assert isinstance(gone, Gone)


def test_a_block_is_believed_before_a_state(page):
    slider = page.html().replace(
        b"<body>", b'<body><script>window._config_ = {"action":"captcha"}</script>'
    )
    assert refusal(slider, url=OFFER).as_json()["rule"] == "slider"


def test_an_off_shelf_page_is_gone_though_it_has_a_state(page):
    off = page.html().replace(
        b"<body>",
        '<body><div class="mod-detail-offline"><h3 class="mod-detail-offline-title">商品已下架</h3></div>'.encode(),
    )
    assert (refusal(off).type, refusal(off).rule) == ("Gone", "off_shelf")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('<h3 class="mod-detail-offline-title">商品已下架</h3>', "off_shelf"),
        ('<div data-widget-name="offerdetail_offSale_expire"></div>', "off_shelf"),
        ("<title>404-阿里巴巴</title>", "deleted"),
        (
            '<div class="header"><h3 class="title"><em class="highlight">查找的商品已删除</em></h3></div>',
            "deleted",
        ),
    ],
)
def test_what_is_gone_says_so_itself_in_every_charset(body, rule):
    for document in (body.encode(), f'<meta charset="gbk">{body}'.encode("gbk")):
        assert (refusal(document).type, refusal(document).rule) == ("Gone", rule)


def test_words_about_being_gone_in_a_title_are_none(page):
    page.offer["subject"] = (
        '商品已下架 404-阿里巴巴 <h3 class="mod-detail-offline-title">商品已下架'
    )
    assert page.read(url=OFFER).offer_id == "610947572360"


@pytest.mark.parametrize("seen", ["url", "final_url"])
def test_another_offers_state_is_refused(page, seen):
    page.offer["offerId"] = 999999999
    foreign = refusal(page.html(), **{seen: OFFER})
    assert isinstance(foreign, Invalid)
    assert (foreign.rule, foreign.field) == ("offer_id", "offer_id")


def test_any_form_of_its_own_address_is_right(page):
    assert page.read(
        url="https://m.1688.com/offer/610947572360.html?sk=order", final_url=OFFER + "?spm=1"
    )
    assert page.read(url="file:///tmp/page.html")


def test_a_broken_rule_is_named_with_its_field(page):
    page.trade["canBookedAmount"] = 2**63
    broken = refusal(page.html())
    assert (broken.type, broken.field, broken.rule) == ("Invalid", "stock", "less_than")


def test_a_shell_without_state_is_unknown():
    shell = b'<html><script>window.contextPath = "/default"; var d = window.__INIT_DATA || {};</script></html>'
    assert isinstance(refusal(shell, url=OFFER), LayoutUnknown)


def test_a_state_alone_as_json_is_a_page(page):
    state = page.html().partition(b"contextPath,")[2].partition(b");\n</script>")[0]
    assert read(Snapshot(document=state)).layout == "context"


def test_other_answers_with_a_result_are_no_offer():
    assert isinstance(refusal(b'{"result":{"result":{"offerId":610947572360}}}'), LayoutUnknown)
