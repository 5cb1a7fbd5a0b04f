"""What a person may type or paste to name an offer, and what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.refs import Intake, OfferRef, RefError, read_refs

ID = "610947572360"
CANONICAL = f"https://detail.1688.com/offer/{ID}.html"

ACCEPTED = [
    ID,
    f"  {ID}\n",
    f"\ufeff{ID}",
    f"abb-{ID}",
    f"ABB-{ID}",
    CANONICAL,
    f"http://detail.1688.com/offer/{ID}.html",
    f"HTTPS://DETAIL.1688.COM/offer/{ID}.html",
    f"https://detail.1688.com:443/offer/{ID}.html",
    f"//detail.1688.com/offer/{ID}.html",
    f"detail.1688.com/offer/{ID}.html",
    f"{CANONICAL}?spm=a2615.2177701.0.0&hotSaleSkuId=5&offerId={ID}",
    f"{CANONICAL}#comment",
    f"{CANONICAL}?keywords=收纳",
    f"https://m.1688.com/offer/{ID}.html",
    f"http://m.1688.com/offer/{ID}.html?sk=order",
    f"https://m.1688.com/offer/{ID}.html?sk=consign",
    f"http://detail.m.1688.com/page/index.html?offerId={ID}&sortType=&pageId=",
    f"https://detail.m.1688.com/page/index.htm?spm=x&offerId={ID}",
    f"https://detail.china.alibaba.com/buyer/offerdetail/{ID}.html",
    f"https://www.cssbuy.com/item-1688-{ID}.html",
    f"https://www.hubbuycn.com/product/item/1688/{ID}",
    f"https://www.pandamall.com/1688/detail/{ID}",
    f"【阿里巴巴】好东西￥abc￥ {CANONICAL}?spm=x 复制打开",
    f"看看 {CANONICAL}，还有 http://m.1688.com/offer/{ID}.html。",
    f"{CANONICAL}复制这条",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_every_known_form_names_the_offer(text):
    ref = OfferRef.parse(text)
    assert (ref.offer_id, ref.url) == (ID, CANONICAL)


@pytest.mark.parametrize("offer_id", ["546624", "40976180711", "1000006215056", "1" * 18])
def test_ids_of_every_age_are_taken(offer_id):
    assert OfferRef.parse(offer_id).offer_id == offer_id


SSRF = [
    f"https://user@detail.1688.com/offer/{ID}.html",
    f"https://detail.1688.com@evil.com/offer/{ID}.html",
    f"https://detail.1688.com:80@evil.com/offer/{ID}.html",
    f"https://evil.com\\@detail.1688.com/offer/{ID}.html",
    f"https:\\\\detail.1688.com\\offer\\{ID}.html",
    f"https://detail.1688.com/offer/\t{ID}.html",
    f"https://detail.1688.com/offer/\n{ID}.html",
    f"https://detail.1688.com\r\n/offer/{ID}.html",
    "https://detail.1688.com/offer/６１０９４７５７２３６０.html",
    "６１０９４７５７２３６０",
    f"http://2130706433/offer/{ID}.html",
    f"http://127.0.0.1/offer/{ID}.html",
    f"http://[::1]/offer/{ID}.html",
    f"https://detail.1688.com.evil.com/offer/{ID}.html",
    f"https://evil1688.com/offer/{ID}.html",
    f"https://evil.com/offer/{ID}.html",
    f"https://evil.com/?u=https://detail.1688.com/offer/{ID}.html",
    f"https://evil.com/#https://detail.1688.com/offer/{ID}.html",
    f"https://1688.com.evil.com/offer/{ID}.html",
    f"file:///offer/{ID}.html",
    f"javascript:location='https://detail.1688.com/offer/{ID}.html'",
    f"data:text/html,{CANONICAL}",
    f"ftp://detail.1688.com/offer/{ID}.html",
    f"https://detail.1688.com:8443/offer/{ID}.html",
    f"https://detail.1688.com%2eevil.com/offer/{ID}.html",
    f"https://detail.1688.com%00.evil.com/offer/{ID}.html",
    f"https://detail.1688.com./offer/{ID}.html",
    f"https://detail。1688。com/offer/{ID}.html",
    f"https://detail.1688.com/offer/{ID}.html%0d%0aHost:%20evil.com",
    f"https://detail.1688.com/offer/%36{ID}.html",
    f"https://detail.1688.com/../offer/{ID}.html",
    f"https://detail.1688.com/x/offer/{ID}.html",
    f"https:///detail.1688.com/offer/{ID}.html",
    f"https://detail.1688.com/offer/{ID}.html\x00",
]


@pytest.mark.parametrize("text", SSRF)
def test_tricks_with_hosts_and_characters_are_refused(text):
    with pytest.raises(RefError):
        OfferRef.parse(text)


REFUSED = [
    ("", "empty"),
    ("hello", "no offer id"),
    ("12345", "6 to 18 digits"),
    ("0610947572360", "do not begin with 0"),
    ("1" * 19, "6 to 18 digits"),
    ("-610947572360", "no offer id"),
    ("610947572360.0", "is not on 1688.com"),
    ("https://qr.1688.com/s/AbCd12", "short link"),
    ("【阿里巴巴】￥CZ0001 Ab￥ https://qr.1688.com/s/AbCd12 点击链接", "short link"),
    (f"https://dj.1688.com/ci_bb?a={ID}&e=x", "advertiser"),
    (f"https://detailp4p.1688.com/buyer/offerdetail/{ID}.html?offerId={ID}", "advertiser"),
    (f"https://dj.1688.com/offer/{ID}.html", "advertiser"),
    ("https://m.tb.cn/h.abc", "Taobao"),
    ("https://e.tb.cn/h.abc", "Taobao"),
    (f"https://item.taobao.com/item.htm?id={ID}", "Taobao"),
    ("https://m.1688.com/winport/b2b-123abc.html?memberId=b2b-123abc", "--shop"),
    (f"https://winport.m.1688.com/page/index.html?memberId=b2b-1&offerId={ID}", "--shop"),
    ("https://shop1467652076311.1688.com/page/offerlist.html", "--shop"),
    ("https://powerlions.1688.com/page/offerlist.htm", "--shop"),
    ("https://s.1688.com/selloffer/offer_search.htm?keywords=x", "--keyword"),
    ("https://login.1688.com/member/signin.htm", "login"),
    (f"https://detail.1688.com/offer/{ID}.html/_____tmd_____/punish?x5secdata=x", "block page"),
    ("https://detail.1688.com//offer/page/detail.htm/_____tmd_____/punish", "block page"),
    ("https://www.1688.com/?spm=a260k.24848612.notfound&theme=index", "names no offer"),
    (f"https://detail.m.1688.com/page/index.html?offerId={ID}&offerId=999999999", "names no offer"),
    (f"{CANONICAL} https://m.1688.com/offer/999999999.html", "names 2 offers"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_is_no_offer_is_refused_with_a_reason_and_the_next_step(text, words):
    with pytest.raises(RefError) as refused:
        OfferRef.parse(text)
    message = str(refused.value)
    assert words in message
    assert "\n" not in message


def test_a_message_never_carries_raw_control_characters():
    with pytest.raises(RefError) as refused:
        OfferRef.parse("\x1b]0;pwn\x07" + "x" * 5000)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


@given(st.text(max_size=300))
def test_any_text_gives_a_valid_ref_or_a_ref_error(text):
    try:
        ref = OfferRef.parse(text)
    except RefError as refused:
        message = str(refused)
    else:
        message = ref.url
        assert re.fullmatch(r"[1-9][0-9]{5,17}", ref.offer_id)
    assert message.isprintable()


@given(st.from_regex(r"https?://[a-z0-9.@:/\\%-]{1,30}/offer/[0-9]{5,13}\.html", fullmatch=True))
def test_only_the_sites_own_hosts_are_believed(text):
    try:
        OfferRef.parse(text)
    except RefError:
        return
    host = text.split("/")[2].partition(":")[0].lower()
    assert host.endswith(".1688.com") or host == "detail.china.alibaba.com"


def test_a_list_counts_every_line_once():
    intake = read_refs(
        [
            "\ufeff# exported yesterday\n",
            "\n",
            f"{ID}\n",
            f"{CANONICAL}?spm=x\n",
            "   \n",
            "nonsense\n",
            '"https://m.1688.com/offer/999999999.html",好,"a,b"\n',
            f"1000006215056\t三号\t{CANONICAL}\n",
            "https://qr.1688.com/s/x,短\n",
        ]
    )
    assert [ref.offer_id for ref in intake.accepted] == [ID, "999999999", "1000006215056"]
    assert [ref.offer_id for ref in intake.duplicates] == [ID]
    assert [(bad.line, bad.text) for bad in intake.rejected] == [
        (6, "nonsense"),
        (9, "https://qr.1688.com/s/x,短"),
    ]
    assert intake.lines == 6


@given(
    st.lists(st.one_of(st.text(max_size=40), st.sampled_from([ID, CANONICAL, "# x", "", "1,2"])))
)
def test_the_counts_of_any_list_add_up(lines):
    intake = read_refs(lines)
    counted = [
        line
        for line in lines
        if (text := line.strip().strip("\ufeff").strip()) and not text.startswith("#")
    ]
    assert intake.lines == len(counted)
    assert len(set(intake.accepted)) == len(intake.accepted)
    assert set(intake.duplicates) <= set(intake.accepted)


def test_an_empty_list_is_an_empty_intake():
    assert read_refs([]) == Intake()
