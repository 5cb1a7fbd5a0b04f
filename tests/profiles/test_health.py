"""What good pages and blocks make of a profile: arithmetic, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.profiles.health import (
    GOOD_SPELL,
    Health,
    State,
    after_block,
    after_good,
    after_login,
    revived,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RESTS = tuple(timedelta(minutes=minutes) for minutes in (15, 60, 360))
NEW = Health(name="main")


def blocked(health, at=NOON, reason="slider: x"):
    return after_block(health, reason, RESTS, at)


def test_rests_grow_and_after_the_longest_a_person_has_to_look():
    health, at, seen = NEW, NOON, []
    while health.state is not State.RETIRED:
        health = blocked(health, at)
        seen.append(health.rest_until and health.rest_until - at)
        at = health.rest_until or at
    assert seen == [*RESTS, None]
    assert health.blocks == 4


def test_block_met_by_a_page_under_way_changes_nothing():
    health = blocked(NEW)
    later = blocked(health, NOON + timedelta(minutes=1), "refused: other")
    assert (later.level, later.blocks, later.rest_until) == (1, 1, health.rest_until)
    assert later.reason == "slider: x"
    assert later.pages == 2


def test_block_of_who_waits_for_a_person_changes_nothing():
    health = after_block(NEW, "slider", (), NOON)
    assert health.state is State.RETIRED
    assert blocked(health, NOON + timedelta(days=9)).blocks == 1


def test_rest_that_is_over_leaves_the_profile_well():
    health = blocked(NEW)
    assert health.seen_at(NOON + timedelta(minutes=14)).state is State.RESTING
    over = health.seen_at(NOON + timedelta(minutes=15))
    assert (over.state, over.rest_until, over.reason, over.level) == (State.WELL, None, None, 1)


def test_good_spell_forgives_one_block():
    health = blocked(blocked(NEW), NOON + timedelta(hours=1))
    assert health.level == 2
    at = NOON + timedelta(days=1)
    for _ in range(GOOD_SPELL - 1):
        health = after_good(health, 1, at)
    assert health.level == 2
    health = after_good(health, 1, at)
    assert health.level == 1
    assert after_good(health, 5 * GOOD_SPELL, at).level == 0


def test_good_pages_of_who_rests_are_counted_but_prove_nothing():
    health = after_good(blocked(NEW), 3 * GOOD_SPELL, NOON)
    assert (health.level, health.good, health.pages) == (1, 0, 3 * GOOD_SPELL + 1)


def test_score_falls_by_blocks_and_recovers():
    health = blocked(NEW)
    assert health.score == pytest.approx(2 / 3)
    assert after_good(health, GOOD_SPELL, NOON + timedelta(hours=1)).score == pytest.approx(1)


def test_lost_login_waits_for_a_person_and_a_guest_only_rests():
    account = after_login(NEW, "buyer", NOON)
    assert blocked(account, reason="login: host").state is State.RETIRED
    assert blocked(account, reason="slider: x").state is State.RESTING
    assert blocked(NEW, reason="login: host").state is State.RESTING


def test_person_revives_but_does_not_forgive():
    retired = after_block(blocked(NEW), "slider", RESTS[:1], NOON + timedelta(hours=1))
    assert retired.state is State.RETIRED
    health = revived(retired)
    assert (health.state, health.reason, health.level) == (State.WELL, None, 1)
    assert after_login(retired, "buyer", NOON).level == 0


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 300), st.integers(0, 600))),
    st.lists(st.integers(0, 400), max_size=4),
)
def test_no_history_breaks_the_bounds(events, minutes):
    rests = [timedelta(minutes=each) for each in minutes]
    health, at = NEW, NOON
    for good, pages, passed in events:
        at += timedelta(minutes=passed)
        before = health.pages
        if good:
            health = after_good(health, pages, at)
        else:
            health = after_block(health, "slider", rests, at)
        assert health.pages == before + (pages if good else 1)
        assert 0 <= health.score <= 1
        assert 0 <= health.level <= len(rests)
        assert (health.rest_until is not None) == (health.state is State.RESTING)
