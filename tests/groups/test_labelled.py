"""How well products are found in the labelled set: in small what `python -m tests.groups.bench` prints."""

import json
from itertools import combinations

import pytest

from app.groups.build import build
from app.groups.candidates import marks_of
from app.groups.evidence import RULES, SURE, compare
from app.replica.offers import offer
from app.replica.serve import running
from app.replica.twins import dressed
from tests.groups.bench import grouped
from tests.groups.labelled import dhash, features, items, score, store, truth

COUNT = 200


@pytest.fixture(scope="module")
def sold():
    return list(items(COUNT))


def test_of_the_pairs_that_are_found_nineteen_in_twenty_are_right(sqlite_engine, sold):
    ids = set(store(sqlite_engine, sold))
    build(sqlite_engine)
    found = score(grouped(sqlite_engine), truth(COUNT), ids)
    assert found.precision >= 0.95, str(found)
    assert found.recall >= 0.7, str(found)


@pytest.fixture(scope="module")
def met(sold):
    """(features, features, whether they are one product) of all that have a mark in common."""
    told = [(each, marks_of(each)) for each in map(features, sold)]
    product = {each: one["product"] for one in truth(COUNT) for each in one["offer_ids"]}
    return [
        (one, other, product[one.offer_id] == product[other.offer_id])
        for (one, mine), (other, theirs) in combinations(told, 2)
        if not mine.isdisjoint(theirs)
    ]


def sure(met, *ignored):
    """Of the pairs that are sure when some rules are ignored: how many are right, how many wrong."""
    rules = [rule for rule in RULES if rule.__name__ not in ignored]
    same = [same for one, other, same in met if compare(one, other, rules).confidence >= SURE]
    return sum(same), len(same) - sum(same)


@pytest.mark.parametrize("ignored", ["_measure", "_pack", "_model"])
def test_without_one_kind_of_evidence_it_is_wrong_too_often(met, ignored):
    """Each is needed: with one of them ignored, look-alikes are told apart no more."""
    right, wrong = sure(met)
    assert right / (right + wrong) >= 0.95
    right, wrong = sure(met, ignored)
    assert right / (right + wrong) < 0.95


def test_pictures_find_what_words_and_codes_do_not(met):
    assert sure(met, "_pictures")[0] < 0.9 * sure(met)[0]
    assert sure(met, "_pictures", "_model") == (0, 0), "words alone are for a person to judge"


def test_hardly_anything_is_not_compared_at_all(met, sold):
    there = {each.offer_id for each in sold}
    products = truth(COUNT)
    true = sum(
        n * (n - 1) // 2 for one in products for n in [len(there.intersection(one["offer_ids"]))]
    )
    assert sum(same for _, _, same in met) >= 0.95 * true


def test_the_labelled_set_is_hard_in_each_way(sold):
    products = truth(COUNT)
    assert {each["differ"] for each in products} == {"model", "size", "pieces", "style"}
    families = [each["family"] for each in products]
    assert len(set(families)) < len(families), "there are look-alikes"
    suppliers = {each.offer_id: each.supplier.member_id for each in sold}
    for one in products:
        there = [suppliers[each] for each in one["offer_ids"] if each in suppliers]
        assert len(set(there)) == len(there), "each of another supplier"


def test_pictures_are_taken_over_as_sellers_do(sold):
    hashes = [dhash(url) for each in sold[:60] for url in each.images]
    assert len(set(hashes)) < len(hashes), "the same file at several sellers"


def test_the_local_1688_serves_what_it_labels():
    with running(offers=12, seed=5, padded=False, twins=True) as replica:
        assert replica.groups() == json.loads(json.dumps(truth(12)))
        told = replica.expected(dressed(offer(5, 0)).offer_id)
        assert told["title"] == dressed(offer(5, 0)).title
        url = dressed(offer(5, 0)).images[0]
        status, _, body = replica.ask(
            url.removeprefix("https://cbu01.alicdn.com"), host="cbu01.alicdn.com"
        )
    assert (status, body[:2]) == (200, b"\xff\xd8")
    with running(offers=12, seed=5, padded=False) as plain:
        assert plain.groups() == []
