"""The forecast says what the gate would do: played turn by turn, it comes to the same."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pace.forecast import Forecast, Stint, forecast
from app.pace.quiet import read_quiet
from app.pace.values import Account, Closed, Pace, Standing, next_turn
from tests.pace.days import pace
from tests.pace.test_quiet import quiets

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 6, 4, tzinfo=UTC)
"""In Shanghai."""


def standing(now: datetime = NOON, **changes) -> Standing:
    """Nothing booked, nothing spent, nothing closed."""
    told = {"now": now, "next_at": now - timedelta(days=1), "rest": None, "pause": None}
    return Standing(**told | {"accounts": ()} | changes)


def account(per_day: int | None, **spent: int) -> Account:
    days = {date.fromisoformat(day[1:].replace("_", "-")): pages for day, pages in spent.items()}
    return Account(of="profile anna", per_day=per_day, spent=days)


def foretold(pages: int, gap: float, rations: Pace, present: Standing) -> Forecast:
    return forecast([Stint(pages=pages, gap=(gap, gap))], present, rations)


def test_without_rations_all_of_it_is_now():
    found = foretold(1000, 0, pace(), standing())
    assert (found.begins, found.ends, found.days, found.left_today) == (NOON, NOON, 1, None)


def test_gaps_count_by_their_mean():
    found = forecast([Stint(pages=11, gap=(6, 10))], standing(), pace())
    assert found.ends - found.begins == timedelta(seconds=80)


def test_lists_and_offers_follow_each_other():
    stints = [Stint(pages=3, gap=(4, 4)), Stint(pages=2, gap=(8, 8))]
    found = forecast(stints, standing(), pace())
    assert found.pages == 5
    assert found.ends - found.begins == timedelta(seconds=3 * 4 + 8)


def test_what_is_spent_today_leaves_the_rest_for_tomorrow():
    accounts = (account(100, d2026_05_06=90), account(None))
    found = foretold(25, 8, pace(zone=SHANGHAI), standing(accounts=accounts))
    assert found.left_today == 10
    assert found.days == 2
    midnight = datetime(2026, 5, 6, 16, tzinfo=UTC)
    assert found.ends == midnight + timedelta(seconds=14 * 8)


def test_the_smaller_budget_counts():
    accounts = (account(100, d2026_05_06=10), account(50, d2026_05_06=45))
    assert foretold(1, 8, pace(zone=SHANGHAI), standing(accounts=accounts)).left_today == 5


def test_quiet_hours_are_stepped_over():
    rations = pace(zone=SHANGHAI, quiet=read_quiet("13:00-15:00"))
    found = foretold(3601, 2, rations, standing())
    assert found.begins == NOON
    assert found.ends == NOON + timedelta(hours=4)


def test_a_rest_without_end_has_no_beginning():
    rest = Closed(until=None, why="slider")
    found = foretold(3, 8, pace(), standing(rest=rest))
    assert (found.begins, found.ends, found.days, found.closed) == (None, None, 0, rest)


def test_a_rest_is_waited_for():
    rest = Closed(until=NOON + timedelta(hours=1), why="slider")
    found = foretold(3, 8, pace(), standing(rest=rest))
    assert found.begins == NOON + timedelta(hours=1)
    assert found.closed == rest


def test_what_takes_longer_than_ten_years_has_no_end():
    found = foretold(10_000_000, 8, pace(zone=SHANGHAI), standing(accounts=(account(1),)))
    assert found.ends is None
    assert found.days > 3600


@pytest.mark.parametrize("pages", [0])
def test_nothing_wanted_is_nothing(pages):
    found = foretold(pages, 8, pace(), standing())
    assert (found.pages, found.begins, found.ends, found.days) == (0, None, None, 0)


budgets = st.one_of(st.none(), st.integers(1, 60))
spent = st.dictionaries(
    st.sampled_from([date(2026, 5, day) for day in range(5, 9)]), st.integers(0, 70)
)
accounts = st.tuples(
    st.builds(Account, of=st.just("profile"), per_day=budgets, spent=spent),
    st.builds(Account, of=st.just("address"), per_day=budgets, spent=spent),
)
closings = st.one_of(
    st.none(),
    st.integers(1, 200_000).map(lambda s: Closed(until=NOON + timedelta(seconds=s), why="x")),
)


def played(stints: list[Stint], present: Standing, rations: Pace) -> list[datetime]:
    """When each page would be asked for, turn by turn by the rule itself."""
    asked: list[datetime] = []
    for stint in stints:
        for _ in range(stint.pages):
            while isinstance(found := next_turn(present, rations), Closed):
                assert found.until > present.now
                present = present.later(found.until)
            asked.append(found)
            present = _spent(present, rations.day(found), found + _gap(stint))
    return asked


def _gap(stint: Stint) -> timedelta:
    return timedelta(seconds=sum(stint.gap) / 2)


def _spent(present: Standing, day: date, next_at: datetime) -> Standing:
    counted = tuple(
        Account(
            of=each.of, per_day=each.per_day, spent={**each.spent, day: each.spent.get(day, 0) + 1}
        )
        for each in present.accounts
    )
    return replace(present, accounts=counted, next_at=next_at)


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(1, 5000)), min_size=1, max_size=2),
    accounts,
    st.one_of(st.none(), quiets),
    st.tuples(closings, closings),
    st.integers(0, 600),
)
def test_a_forecast_is_what_the_gate_does(wanted, accounts, quiet, closed, lead):
    stints = [Stint(pages=pages, gap=(gap, gap)) for pages, gap in wanted]
    rations = pace(zone=SHANGHAI, quiet=quiet, lead=lead)
    present = standing(accounts=accounts, rest=closed[0], pause=closed[1])
    found = forecast(stints, present, rations)
    asked = played(stints, present, rations)
    assert found.begins == asked[0]
    assert found.ends == asked[-1]
    assert found.days == len({rations.day(at) for at in asked})


@given(st.integers(0, 3000), accounts, st.one_of(st.none(), quiets))
def test_a_day_never_gets_more_than_its_budget(seconds, accounts, quiet):
    rations = pace(zone=SHANGHAI, quiet=quiet)
    stints = [Stint(pages=100, gap=(seconds, seconds))]
    asked = played(stints, standing(accounts=accounts), rations)
    by_day: dict[date, int] = {}
    for at in asked:
        assert quiet is None or not quiet.holds(at, SHANGHAI)
        by_day[rations.day(at)] = by_day.get(rations.day(at), 0) + 1
    for each in accounts:
        for day, pages in by_day.items():
            assert each.per_day is None or pages + each.spent.get(day, 0) <= max(
                each.per_day, each.spent.get(day, 0)
            )
