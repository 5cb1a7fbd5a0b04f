"""Turns from the shared books: gaps, budgets, rests, pauses and quiet hours, on both databases."""

import json
import subprocess
import sys
from contextlib import ExitStack
from datetime import date, time, timedelta
from itertools import pairwise

import pytest

from app.pace.quiet import read_quiet
from app.pace.turns import AHEAD_SECONDS, LATE_SECONDS, Gate
from app.pace.values import FLOOR_SECONDS, Closed, Pace, Turn, Wait
from app.store.engine import DatabaseUnavailable, open_engine
from tests.pace.booker import turns
from tests.pace.days import (
    clock,
    gate,
    pace,
    pass_time,
    put_profile,
    showing,
    spend,
    spent,
    totals,
)

HOUR = 3600.0


def book_all(one: Gate, most: int = 1000) -> list[Turn]:
    """Turns until the gate has none to give."""
    found = []
    while len(found) < most and isinstance(turn := one.book("offer"), Turn):
        found.append(turn)
    return found


# Gaps


def test_the_first_turn_is_now_and_the_next_one_keeps_the_gap(engine):
    one = gate(engine, pace(gap=(2, 3)))
    first, second = one.book("offer"), one.book("offer")
    assert first.seconds == 0
    assert 2 <= (second.at - first.at).total_seconds() <= 3
    assert second.at == first.next_at


def test_a_list_is_followed_by_its_own_gap(engine):
    one = gate(engine, pace(gap=(4, 4), list_gap=(1, 1)))
    listed, offer, last = one.book("list"), one.book("offer"), one.book("offer")
    assert offer.at - listed.at == timedelta(seconds=1)
    assert last.at - offer.at == timedelta(seconds=4)


def test_turns_that_are_far_ahead_are_not_handed_out_and_not_spent(engine):
    one = gate(engine, pace(gap=(4, 4)))
    assert len(book_all(one)) == 2  # now and in four seconds; the third would be in eight
    found = one.book("offer")
    assert isinstance(found, Wait)
    assert 8 - AHEAD_SECONDS - 1 < found.seconds <= 8 - AHEAD_SECONDS
    assert totals(engine) == {"profile:anna": 2, "egress:direct": 2}
    pass_time(engine, found.seconds)
    assert isinstance(one.book("offer"), Turn)


def test_two_profiles_behind_one_address_share_its_gap_and_others_do_not(engine):
    rations = pace(gap=(4, 4))
    first = gate(engine, rations, profile="anna").book("offer")
    second = gate(engine, rations, profile="bert").book("offer")
    elsewhere = gate(engine, rations, profile="carl", egress="proxy").book("offer")
    assert second.at - first.at == timedelta(seconds=4)
    assert elsewhere.seconds == 0


def test_one_profile_keeps_its_gap_behind_two_addresses(engine):
    rations = pace(gap=(4, 4))
    first = gate(engine, rations, egress="direct").book("offer")
    second = gate(engine, rations, egress="proxy").book("offer")
    assert second.at - first.at == timedelta(seconds=4)


def test_nobody_configures_a_gap_below_the_floor_unless_it_is_said_to_be_a_replica(engine):
    hasty = Pace(
        gap=(0, 0), list_gap=(0, 0), per_day=None, egress_per_day=None, quiet=None,
        zone=pace().zone,
    )  # fmt: skip
    one = gate(engine, hasty)
    assert not one.is_free
    for kind in ("offer", "list"):
        first, second = one.book(kind), one.book(kind)
        assert (second.at - first.at).total_seconds() >= FLOOR_SECONDS


def test_a_crawl_delay_widens_the_gap(engine):
    one = gate(engine, pace(gap=(1, 1)))
    one.heed(4.5)
    one.heed(None)
    first, second = one.book("offer"), one.book("offer")
    assert second.at - first.at == timedelta(seconds=4.5)


def test_a_new_process_finds_the_queue_where_the_old_one_left_it(engine):
    first = gate(engine, pace(gap=(4, 4))).book("offer")
    again = open_engine(engine.url.render_as_string(hide_password=False))
    second = gate(again, pace(gap=(4, 4))).book("offer")
    again.dispose()
    assert second.at - first.at == timedelta(seconds=4)


# Budgets


def test_a_spent_budget_closes_until_midnight(engine):
    zone = showing(engine, time(12))
    one = gate(engine, pace(per_day=3, zone=zone))
    assert len(book_all(one)) == 3
    found = one.book("offer")
    assert isinstance(found, Closed)
    assert "budget of 3 pages of profile anna" in found.why
    assert found.until.astimezone(zone).time() == time(0)
    assert timedelta(hours=11, minutes=59) < found.until - clock(engine) <= timedelta(hours=12)


def test_the_address_has_a_budget_of_its_own(engine):
    rations = pace(per_day=3, egress_per_day=4, zone=showing(engine, time(12)))
    assert len(book_all(gate(engine, rations, profile="anna"))) == 3
    bert = gate(engine, rations, profile="bert")
    assert len(book_all(bert)) == 1
    assert "address direct" in bert.book("offer").why
    assert totals(engine) == {"profile:anna": 3, "profile:bert": 1, "egress:direct": 4}


def test_quiet_hours_after_midnight_make_a_spent_budget_last_longer(engine):
    zone = showing(engine, time(12))
    one = gate(engine, pace(per_day=1, zone=zone, quiet=read_quiet("23:00-06:30")))
    one.book("offer")
    found = one.book("offer")
    assert found.until.astimezone(zone).time() == time(6, 30)


def test_a_turn_after_midnight_is_the_next_days(engine):
    zone = showing(engine, time(23, 59, 57))
    one = gate(engine, pace(gap=(4, 4), per_day=1, zone=zone))
    late, early = one.book("offer"), one.book("offer")
    assert isinstance(early, Turn)
    assert early.at.astimezone(zone).date() - late.at.astimezone(zone).date() == timedelta(days=1)
    days = sorted(day for subject, day in spent(engine) if subject == "profile:anna")
    assert len(days) == 2


def test_yesterdays_pages_do_not_count_today(engine):
    zone = showing(engine, time(12))
    yesterday = clock(engine).astimezone(zone).date() - timedelta(days=1)
    spend(engine, "profile:anna", yesterday, 500)
    assert len(book_all(gate(engine, pace(per_day=2, zone=zone)))) == 2


def test_a_turn_that_was_not_used_is_given_back_with_its_time(engine):
    one = gate(engine, pace(gap=(4, 4), per_day=2, zone=showing(engine, time(12))))
    one.book("offer")
    unused = one.book("offer")
    one.give_back(unused)
    again = one.book("offer")
    assert again.at == unused.at
    assert totals(engine) == {"profile:anna": 2, "egress:direct": 2}


def test_who_gives_a_turn_back_leaves_those_behind_it_alone(engine):
    one = gate(engine, pace(gap=(1, 1), per_day=3, zone=showing(engine, time(12))))
    _, middle, last = (one.book("offer") for _ in range(3))
    one.give_back(middle)
    again = one.book("offer")
    assert again.at == last.next_at
    assert totals(engine)["profile:anna"] == 3


def test_a_budget_given_back_on_the_next_day_is_the_old_days(engine):
    zone = showing(engine, time(23, 59, 57))
    one = gate(engine, pace(gap=(4, 4), per_day=9, zone=zone))
    one.book("offer")
    one.give_back(one.book("offer"))
    assert sorted(pages for (subject, _), pages in spent(engine).items() if "anna" in subject) == [
        0,
        1,
    ]


# Quiet hours


def test_quiet_hours_close_until_their_end(engine):
    zone = showing(engine, time(2))
    found = gate(engine, pace(quiet=read_quiet("01:00-06:30"), zone=zone)).book("offer")
    assert isinstance(found, Closed)
    assert "quiet hours until 06:30" in found.why
    assert found.until.astimezone(zone).time() == time(6, 30)
    assert totals(engine) == {}


def test_a_turn_that_would_lie_in_quiet_hours_is_not_handed_out(engine):
    zone = showing(engine, time(0, 59, 58))
    one = gate(engine, pace(gap=(4, 4), quiet=read_quiet("01:00-06:30"), zone=zone))
    assert isinstance(one.book("offer"), Turn)
    assert isinstance(one.book("offer"), Closed)


def test_no_page_is_begun_that_may_last_into_quiet_hours(engine):
    zone = showing(engine, time(0, 59, 30))
    rations = {"quiet": read_quiet("01:00-06:30"), "zone": zone}
    assert isinstance(gate(engine, pace(lead=20, **rations)).book("offer"), Turn)
    assert isinstance(gate(engine, pace(lead=60, **rations)).book("offer"), Closed)


# Rests


@pytest.mark.parametrize("rations", [{}, {"gap": (1, 1)}])
def test_a_resting_profile_asks_for_nothing_until_it_is_rested(engine, rations):
    put_profile(engine, "anna", "resting", HOUR, "login: wall")
    one = gate(engine, pace(**rations))
    found = one.book("offer")
    assert isinstance(found, Closed)
    assert found.why.startswith("login: wall")
    assert HOUR - 60 < (found.until - clock(engine)).total_seconds() <= HOUR
    pass_time(engine, HOUR)
    assert isinstance(one.book("offer"), Turn)


@pytest.mark.parametrize("state", ["retired", "resting"])
def test_a_profile_that_a_person_has_to_look_at_has_no_end(engine, state):
    put_profile(engine, "anna", state, None, "slider: punish")
    found = gate(engine, pace(gap=(1, 1))).book("offer")
    assert found.until is None
    assert isinstance(gate(engine, pace(gap=(1, 1)), profile="bert").book("offer"), Turn)


def test_a_rest_that_ends_in_quiet_hours_lasts_until_their_end(engine):
    zone = showing(engine, time(12))
    put_profile(engine, "anna", "resting", 12 * HOUR, "slider: punish")
    found = gate(engine, pace(quiet=read_quiet("23:00-06:30"), zone=zone)).book("offer")
    assert found.until.astimezone(zone).time() == time(6, 30)


def test_a_turn_no_longer_stands_when_the_profile_was_sent_to_rest(engine):
    one = gate(engine, pace(gap=(4, 4)))
    one.book("offer")
    waited = one.book("offer")
    assert one.stands(waited)
    put_profile(engine, "anna", "resting", HOUR, "login: wall")
    assert not one.stands(waited)


# Pauses


@pytest.mark.parametrize("rations", [{}, {"gap": (0.5, 0.5)}])
def test_a_short_pause_is_waited_for_by_all_of_profile_or_address(engine, rations):
    rations = pace(**rations)
    gate(engine, rations, profile="anna", egress="direct").put_off(30, "HTTP 503")
    for profile, egress in (("anna", "direct"), ("anna", "proxy"), ("bert", "direct")):
        found = gate(engine, rations, profile=profile, egress=egress).book("offer")
        assert isinstance(found, Wait)
        assert 20 < found.seconds <= 30
    assert isinstance(gate(engine, rations, profile="bert", egress="proxy").book("offer"), Turn)
    pass_time(engine, 30)
    assert isinstance(gate(engine, rations).book("offer"), Turn)


def test_a_long_pause_closes_with_the_reason(engine):
    one = gate(engine, pace(gap=(1, 1)))
    one.put_off(HOUR, "HTTP 429 with Retry-After: 3600")
    one.put_off(5, "HTTP 503")  # a shorter one does not end it
    found = one.book("offer")
    assert isinstance(found, Closed)
    assert "Retry-After" in found.why
    assert HOUR - 60 < (found.until - clock(engine)).total_seconds() <= HOUR


def test_a_turn_no_longer_stands_when_the_site_wants_to_be_left_alone(engine):
    one = gate(engine, pace(gap=(4, 4)))
    one.book("offer")
    waited = one.book("offer")
    one.put_off(30, "HTTP 503")
    assert not one.stands(waited)


def test_a_turn_that_was_slept_through_no_longer_stands(engine):
    one = gate(engine, pace(gap=(1, 1)))
    turn = one.book("offer")
    assert one.stands(turn)
    slept = timedelta(seconds=LATE_SECONDS + 1)
    old = Turn(seconds=0, at=turn.at - slept, next_at=turn.next_at - slept)
    assert not one.stands(old)


# Nothing rationed, nothing known, nobody there


def test_where_nothing_is_rationed_nothing_is_booked(engine):
    one = gate(engine, pace())
    assert one.is_free
    assert [one.book("offer").seconds for _ in range(3)] == [0, 0, 0]
    assert totals(engine) == {}


def test_a_profiles_own_budget_is_kept_where_nothing_else_is_rationed(engine):
    one = Gate(engine, pace(), profile="anna", per_day=2, egress="direct")
    assert not one.is_free
    assert len(book_all(one)) == 2


def test_names_longer_than_a_key_are_told_apart(engine):
    rations = pace(per_day=1, zone=showing(engine, time(12)))
    long = "proxy-" + "x" * 80
    assert isinstance(gate(engine, rations, egress=long + "1").book("offer"), Turn)
    assert isinstance(gate(engine, rations, profile="bert", egress=long + "2").book("offer"), Turn)
    assert len(totals(engine)) == 4


def test_without_a_database_no_page_is_asked_for():
    engine = open_engine("mysql+pymysql://nobody@127.0.0.1:1/none")
    for ask in (lambda one: one.book("offer"), lambda one: one.standing()):
        with pytest.raises(DatabaseUnavailable):
            ask(gate(engine, pace(gap=(1, 1))))
    engine.dispose()


# Many at once

BOOKERS = (("anna", 150), ("anna", 150), ("bert", 120), ("carl", 40))
EGRESS_PER_DAY = 240
LOW, HIGH = 0.005, 0.01


def start(stack: ExitStack, engine, profile: str, per_day: int) -> subprocess.Popen[str]:
    facts = {
        "profile": profile,
        "per_day": per_day,
        "egress_per_day": EGRESS_PER_DAY,
        "gap": [LOW, HIGH],
        "ahead": showing(engine, time(12)).utcoffset(None).total_seconds(),
    }
    url = engine.url.render_as_string(hide_password=False)
    words = [sys.executable, "-m", "tests.pace.booker", url, json.dumps(facts)]
    pipe = subprocess.PIPE
    one = stack.enter_context(subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True))
    stack.callback(one.kill)
    return one


def begin(bookers: list[subprocess.Popen[str]]) -> None:
    for one in bookers:
        assert one.stdout.readline() == "ready\n"
    for one in bookers:
        one.stdin.write("go\n")
        one.stdin.flush()


def test_four_processes_spend_exactly_the_budgets_and_keep_the_gaps(engine):
    with ExitStack() as stack:
        bookers = [start(stack, engine, *each) for each in BOOKERS]
        begin(bookers)
        told = [one.communicate(timeout=120)[0].splitlines() for one in bookers]
    assert [lines[-1] for lines in told] == ["closed"] * 4
    found = [turns(lines) for lines in told]
    assert sum(map(len, found)) == EGRESS_PER_DAY
    asked = sorted(at for each in found for at in each)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(asked)]
    assert min(gaps) >= LOW - 1e-6
    booked = totals(engine)
    assert booked["egress:direct"] == EGRESS_PER_DAY
    assert booked.get("profile:anna", 0) == len(found[0]) + len(found[1]) <= 150
    # a slow starter may find the address's budget spent
    assert booked.get("profile:bert", 0) == len(found[2]) <= 120
    assert booked.get("profile:carl", 0) == len(found[3]) <= 40


def test_a_killed_process_takes_nothing_along(engine):
    with ExitStack() as stack:
        bookers = [start(stack, engine, *each) for each in BOOKERS]
        begin(bookers)
        victim, *others = bookers
        first = victim.stdout.readline()
        victim.kill()
        rest = victim.communicate(timeout=60)[0]
        told = [one.communicate(timeout=120)[0].splitlines() for one in others]
    known = len(turns([first.strip(), *rest.splitlines()])) + sum(len(turns(each)) for each in told)
    assert totals(engine)["egress:direct"] == EGRESS_PER_DAY
    assert EGRESS_PER_DAY - 1 <= known <= EGRESS_PER_DAY  # one may be booked and not yet told


def test_days_of_the_zone_are_dates(engine):
    zone = showing(engine, time(12))
    gate(engine, pace(per_day=5, zone=zone)).book("offer")
    [(_, day), _] = spent(engine)
    assert date.fromisoformat(day) == clock(engine).astimezone(zone).date()
