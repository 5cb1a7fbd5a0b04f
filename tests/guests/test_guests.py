"""A bad day at the site in small; `scripts/guests` plays it at full size."""

from tests.guests.scene import Plan, play


def test_a_bad_day_ends_well(tmp_path_factory):
    plan = Plan(offers=160, workers=2, contexts=3, budget=100, rest_seconds=3.0, seconds=240)
    found = play(plan, tmp_path_factory.mktemp("day"))
    assert found["rests"] > 0, "a day without a block proves nothing"
    assert found["asked_while_resting"] == []
    assert not found["budget_broken"], found["first_day"]
    assert (found["wrong_values"], found["audit"]) == ([], [])
    assert found["clean"], found
