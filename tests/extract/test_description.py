"""Description scripts: every form that is known, and whatever else may stand there."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.extract.base import ExtractError
from app.extract.description import MOST, description_images
from app.replica import descriptions
from app.replica.offers import catalog

PICTURE = "https://cbu01.alicdn.com/img/ibank/O1CN01abc_!!22-0-cib.jpg"


def script(html: str) -> bytes:
    return f"var offer_details={json.dumps({'content': html})};".encode()


@pytest.mark.parametrize(
    "offer", catalog(4, 24), ids=lambda offer: f"{offer.era}-{offer.index % 3}"
)
def test_every_form_of_the_replica(offer):
    body, _ = descriptions.script(offer)
    assert description_images(body) == list(descriptions.images(offer))


@pytest.mark.parametrize(
    "html",
    [
        f'<img src="{PICTURE}">', f"<img src='{PICTURE}'/>", f"<IMG SRC={PICTURE} >",
        f'<img src="//img.alicdn.com/a/spacer.gif" data-lazyload="{PICTURE}">',
        f'<img data-lazy-src="{PICTURE}" src="">', f'<img src="{PICTURE}_.webp">',
        f'<img src="{PICTURE.replace(".jpg", ".400x400.jpg")}">',
        f'<img src="{PICTURE.removeprefix("https:")}?x=1">', f'<img alt="x" width=5 src="{PICTURE}" usemap="#m">',
        f'<div style="background:url({PICTURE}) no-repeat">', f'<td background="{PICTURE}">',
        f'<img src="{PICTURE}"><img src="{PICTURE}_b.jpg">',
        f'<p><img src="{PICTURE.replace("https", "http")}"></p>',
        f'<img src="{PICTURE}"/><img src="https://img.alicdn.com/imgextra/i1/O1-tps-1-1.png">',
    ],
)  # fmt: skip
def test_a_picture_in_whatever_way_it_is_written(html):
    assert description_images(script(html)) == [PICTURE]


def test_no_picture_is_no_failure():
    assert description_images(script("")) == []
    assert description_images(b"var offer_details={};") == []
    assert description_images(b"var desc='';") == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html><img src='https://cbu01.alicdn.com/a.jpg'></html>", b'{"ret":["FAIL_SYS"]}',
        b"var offer_details={", b"var desc='never ends", b"\xff\xfe\x00", b"var offer_details={{{{{",
        b"var offer_details=" + b"{" * 50_000,
    ],
)  # fmt: skip
def test_what_is_no_description_is_said_to_be_none(body):
    with pytest.raises(ExtractError):
        description_images(body)


@given(st.binary(max_size=300), st.booleans())
def test_nothing_else_is_ever_raised(body, prefixed):
    try:
        found = description_images((b"var offer_details={content:'" if prefixed else b"") + body)
    except ExtractError:
        return
    assert all(url.startswith("https://") for url in found)


@pytest.mark.parametrize(
    "html",
    [
        "<img " * 400_000, "<img src=" * 200_000, '<img src="' * 200_000, "<" * 2_000_000,
        '<a style="' + "url(" * 400_000 + '">', "&lt;" * 500_000, f'<img src="{PICTURE}">' * 30_000,
        "<img " + "x=" * 500_000 + ">",
    ],
    ids=range(8),
)  # fmt: skip
def test_a_hostile_description_takes_little_time(html):
    began = time.process_time()
    assert len(description_images(script(html))) <= MOST
    assert time.process_time() - began < 10, "linear, with room for a busy machine"


def test_there_is_an_end_to_pictures():
    many = "".join(f'<img src="https://cbu01.alicdn.com/{n}.jpg">' for n in range(2000))
    assert len(description_images(script(many))) == MOST


def test_the_captured_scripts(capture):
    found = description_images(capture("description/offer_details-813724060928.js"))
    assert len(found) > 5
    assert all(url.startswith("https://cbu01.alicdn.com/img/ibank/") for url in found)
    assert len(description_images(capture("description/offer_details-unquoted-key.js"))) == 14
