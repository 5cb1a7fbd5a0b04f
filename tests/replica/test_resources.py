"""What pages ask for: pictures, description scripts, addresses."""

import gzip
import io
import json

import pytest
from PIL import Image

from app.replica import descriptions, pictures
from app.replica.cache import Bodies
from app.replica.faces import description_url
from app.replica.offers import catalog
from app.replica.sites import Kind, address

ORIGINAL = "/img/ibank/O1CN01abcdef_!!2200000000000-0-cib.jpg"


@pytest.mark.parametrize(
    ("path", "side"),
    [
        (ORIGINAL, 800),
        (ORIGINAL.replace(".jpg", ".220x220.jpg"), 220),
        (ORIGINAL.replace(".jpg", ".search.jpg"), 100),
        (ORIGINAL + "_.webp", 800),
        (ORIGINAL + "_sum.jpg", 240),
        (ORIGINAL + "_460x460q100.jpg_.webp", 460),
    ],
)
def test_pictures_come_in_the_size_and_form_of_their_address(path, side):
    assert pictures.form(path).original == ORIGINAL
    image = Image.open(io.BytesIO(pictures.picture(path)))
    assert image.size == (side, side)
    assert image.get_format_mimetype() == pictures.content_type(path)


def test_pictures_differ_by_address_and_not_by_time():
    pictures.picture.cache_clear()
    first = pictures.picture(ORIGINAL)
    pictures.picture.cache_clear()
    assert pictures.picture(ORIGINAL) == first
    assert pictures.picture(ORIGINAL.replace("abc", "abd")) != first
    assert 50_000 < len(first) < 120_000


def test_every_description_address_leads_back_to_its_offer():
    for one in catalog(1, 60):
        path = description_url(one).split(".com", 1)[1].partition("?")[0]
        assert descriptions.offer_id(path) == one.offer_id


def test_descriptions_come_in_their_three_forms_and_in_gbk():
    forms = {}
    for one in catalog(1, 60):
        body, charset = descriptions.script(one)
        text = body.decode("gb18030" if charset == "GBK" else "utf-8")
        forms[text.split("<", 1)[0], charset] = text
        for url in descriptions.images(one):
            assert url in text
    assert set(forms) == {
        ('var offer_details={"content": "', "utf-8"),
        ("var offer_details = { content: '", "utf-8"),
        ("var desc='", "utf-8"),
        ('var offer_details={"content":"', "GBK"),
    }
    plain = forms['var offer_details={"content": "', "utf-8"]
    assert (
        "img" in json.loads(plain.removeprefix("var offer_details=").removesuffix(";"))["content"]
    )


@pytest.mark.parametrize(
    ("host", "path", "kind", "key"),
    [
        ("detail.1688.com", "/offer/600007919003.html", Kind.OFFER, "600007919003"),
        ("m.1688.com", "/offer/600007919003.html", Kind.OFFER, "600007919003"),
        ("www.1688.com", "/offer/600007919003.html", Kind.UNKNOWN, "/offer/600007919003.html"),
        ("detail.1688.com", "/robots.txt", Kind.ROBOTS, "/robots.txt"),
        ("detail.1688.com", "//offer/1.html/_____tmd_____/punish", Kind.PUNISH, "//offer/1.html"),
        ("login.taobao.com", "/member/login.jhtml", Kind.LOGIN, "/member/login.jhtml"),
        (
            "page.1688.com",
            "/shtml/static/wrongpage.html",
            Kind.WRONG_PAGE,
            "/shtml/static/wrongpage.html",
        ),
        ("www.1688.com", "/", Kind.HOME, "/"),
        ("cbu01.alicdn.com", ORIGINAL, Kind.PICTURE, ORIGINAL),
        ("h5api.m.1688.com", "/h5/mtop.a.b/1.0/", Kind.GATEWAY, "mtop.a.b"),
        ("log.mmstat.com", "/x", Kind.BEACON, "/x"),
        ("evil-1688.com", "/_____tmd_____/punish", Kind.UNKNOWN, "/_____tmd_____/punish"),
        ("detail.1688.com", "/__replica__/log", Kind.UNKNOWN, "/__replica__/log"),
        ("127.0.0.1", "/__replica__/log", Kind.CONTROL, "log"),
    ],
)
def test_host_and_path_decide_what_an_address_is(host, path, kind, key):
    found = address(host, path)
    assert (found.kind, found.key) == (kind, key)


def test_bodies_are_made_once_and_bounded_in_bytes():
    made = []
    bodies = Bodies(limit=200)

    def make(number: int) -> bytes:
        made.append(number)
        return bytes(range(100)) + bytes([number])

    for number in (1, 1, 2, 1, 3, 1):
        assert gzip.decompress(bodies.get(number, lambda n=number: make(n)))[-1] == number
    assert made == [1, 2, 1, 3, 1]
    assert bodies.held <= 200
