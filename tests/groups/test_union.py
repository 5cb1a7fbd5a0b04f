"""Pairs become groups; chains do not glue what differs."""

from itertools import combinations

import pytest

from app.groups.union import groups


def named(links, *, pairs=(), accepted=(), rejected=()):
    """Groups as words of one-digit ids; `pairs` are alike without being links."""
    told = {tuple(word): value for word, value in links.items()}
    others = {tuple(word) for word in pairs} | set(told)

    def alike(one, other):
        return 1.0 if (one, other) in others or (other, one) in others else 0.0

    said = {
        "accepted": [tuple(word) for word in accepted],
        "rejected": [tuple(word) for word in rejected],
    }
    return ["".join(group.members) for group in groups(told, alike=alike, least=0.5, **said)]


def test_what_is_like_each_other_is_one_group():
    assert named({"12": 0.95, "23": 0.93, "13": 0.9, "45": 0.99}) == ["123", "45"]


def test_a_chain_is_cut_where_its_ends_differ():
    assert named({"12": 0.95, "23": 0.93}) == ["12"]
    assert named({"12": 0.95, "23": 0.97}) == ["23"]


def test_a_chain_holds_where_its_ends_are_alike_enough():
    assert named({"12": 0.95, "23": 0.93}, pairs=["13"]) == ["123"]


def test_two_clusters_with_one_bridge_stay_two():
    first, second = combinations("123", 2), combinations("456", 2)
    links = {"".join(pair): 0.95 for pair in (*first, *second)} | {"34": 0.99}
    found = named(links)
    assert not any("1" in group and "6" in group for group in found)


@pytest.mark.parametrize("bridge", [0.9, 0.999])
def test_what_a_person_rejected_is_never_in_one_group(bridge):
    links = {"12": 0.95, "23": 0.93, "13": bridge}
    assert all(not {"1", "3"} <= set(group) for group in named(links, rejected=["13"]))


def test_what_a_person_accepted_is_in_one_group_without_evidence():
    assert named({}, accepted=["15"]) == ["15"]


def test_two_persons_that_disagree_are_kept_apart():
    found = named({}, accepted=["12", "23"], rejected=["13"])
    assert found == ["12"]


def test_the_order_of_the_links_does_not_matter():
    links = {"12": 0.95, "23": 0.93, "13": 0.9, "34": 0.92, "24": 0.91, "14": 0.9}
    assert named(links) == named(dict(reversed(links.items())))


def test_a_member_is_as_sure_as_its_best_pair():
    (group,) = groups(
        {("1", "2"): 0.95, ("2", "3"): 0.91, ("1", "3"): 0.9}, alike=lambda *_: 1.0, least=0.5
    )
    assert group.confidence == {"1": 0.95, "2": 0.95, "3": 0.91}
