"""What of an offer is asked for: each address once, none that is known, none of other hosts."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.images.failures import FATES, LONGEST, Failure, next_try
from app.images.hashes import dhash, distance
from app.images.plan import (
    PER_OFFER,
    Kind,
    Role,
    Shown,
    key_of,
    may_ask,
    shown_of,
    to_fetch,
    wanted_of,
)
from tests.samples import any_item, item

HOST = st.sampled_from(
    ["cbu01.alicdn.com", "img.alicdn.com", "evil.com", "127.0.0.1", "alicdn.com.evil.com"]
)
URL = st.builds("https://{}/img/ibank/{}.jpg".format, HOST, st.integers(0, 30)) | st.text(
    max_size=20
)
URLS = st.lists(URL, max_size=30)
SHOWN = st.builds(
    Shown,
    offer_id=st.just("600000000001"),
    gallery=URLS,
    skus=URLS,
    description=st.none() | URLS,
    script=st.none() | URL,
)


@given(SHOWN, st.sets(URL))
def test_nothing_known_nothing_twice_nothing_elsewhere(shown, known):
    found = [one.url for one in to_fetch(shown, known)]
    assert len(found) == len(set(found))
    assert not known & set(found)
    assert all(urlsplit(url).hostname.endswith(".alicdn.com") for url in found)
    told = {*shown.gallery, *shown.skus, *(shown.description or ()), shown.script}
    assert set(found) <= told


@given(SHOWN, st.data())
def test_what_was_asked_for_is_not_asked_for_again(shown, data):
    first = to_fetch(shown, ())
    asked = data.draw(st.sets(st.sampled_from(first))) if first else set()
    rest = to_fetch(shown, {one.url for one in asked})
    assert {one.url for one in rest} == {one.url for one in first} - {one.url for one in asked}
    assert to_fetch(shown, {one.url for one in first}) == []


@given(SHOWN)
def test_an_address_is_what_it_is_shown_as_first_in_page_order(shown):
    found = wanted_of(shown)
    gallery = [one.url for one in found if one.role is Role.GALLERY]
    assert gallery == list(dict.fromkeys(shown.gallery))
    assert [one.role for one in found] == sorted((one.role for one in found), key=list(Role).index)


@given(any_item())
def test_any_item_has_a_plan(offer):
    shown = shown_of(offer)
    assert all(may_ask(one.kind, one.url) for one in to_fetch(shown, ()))
    assert shown.description == offer.description_images


def test_a_page_that_names_endless_pictures_is_looked_at_so_far():
    shown = Shown(offer_id="1", gallery=[f"https://cbu01.alicdn.com/{n}.jpg" for n in range(5000)])
    assert len(wanted_of(shown)) == PER_OFFER


def test_a_script_may_stand_where_a_picture_may_not():
    url = "https://itemcdn.tmall.com/1688offer/icoss1"
    assert may_ask(Kind.SCRIPT, url)
    assert not may_ask(Kind.PICTURE, url)
    found = wanted_of(shown_of(item(description_url=url)))
    assert [one.url for one in found if one.kind is Kind.SCRIPT] == [url]


def test_keys_of_addresses_fit_their_column():
    assert len(key_of("https://cbu01.alicdn.com/" + "x" * 1900)) == 64


# -- failures -------------------------------------------------------------------------------------


def test_every_failure_has_its_row():
    assert set(FATES) == set(Failure)


@pytest.mark.parametrize("word", list(Failure))
def test_tries_end_and_wait_longer_each_time(word):
    waits = []
    for tries in range(1, 100):
        wait = next_try(word, tries)
        if wait is None:
            break
        waits.append(wait)
    assert len(waits) == FATES[word].tries - 1
    assert waits == sorted(waits)
    assert all(0 < wait <= LONGEST for wait in waits)


def test_a_host_that_says_when_is_heeded_within_a_day():
    assert next_try(Failure.BUSY, 1, 3600.0) == 3600.0
    assert next_try(Failure.BUSY, 1, 1e9) == LONGEST
    assert next_try(Failure.BUSY, 10**9) is None


# -- hashes ---------------------------------------------------------------------------------------


@given(st.binary(min_size=72, max_size=72))
def test_a_hash_is_64_bits_and_a_brighter_picture_has_the_same(grey):
    found = dhash(grey)
    assert 0 <= found < 2**64
    assert distance(found, found) == 0
    assert dhash(bytes(value // 2 * 2 // 2 for value in grey)) == dhash(
        bytes(value // 2 for value in grey)
    )


def test_the_bits_of_a_hash_go_row_by_row():
    assert dhash(bytes(range(9)) * 8) == 2**64 - 1
    assert dhash(bytes(reversed(range(9))) * 8) == 0
    assert dhash(bytes(range(9)) + bytes(63)) == 0xFF << 56
