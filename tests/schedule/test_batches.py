"""When batches are due: wall clocks that are changed, missed instants, what cannot be read."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from app.schedule.batches import (
    MOST_RECORDED,
    Timetable,
    TimetableError,
    plan,
    read_cron,
    read_duration,
    read_zone,
    write_duration,
)
from tests.schedule.conftest import MORNING, later, timetable

MINUTE = timedelta(minutes=1)
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
CHANGES = {
    BERLIN: (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    NEW_YORK: (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ),
    "Pacific/Apia": (datetime(2011, 12, 30, 10, tzinfo=UTC),),
    "Asia/Shanghai": (datetime(2026, 6, 1, tzinfo=UTC),),
}
"""Zones and instants when their clocks are changed (Apia left out a whole day)."""

minutes = st.sampled_from(["*", "*/5", "*/15", "0", "0,30", "1-59/7", "30"])
hours = st.sampled_from(["*", "*/2", "0", "2", "1,2,3", "0-4", "23", "3"])
days = st.sampled_from(["* * *", "29 3 *", "* * sun", "l * *", "1 11 *"])
crons = st.builds("{} {} {}".format, minutes, hours, days)
places = st.sampled_from(
    [(zone, change) for zone, changes in CHANGES.items() for change in changes]
)
around = st.integers(-30 * 60, 30 * 60).map(lambda number: timedelta(minutes=number))


def wall_clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%m-%d %H:%M %z}"


def days_of(cron: str, zone: str, change: datetime, number: int = 3) -> list[str]:
    found = timetable(cron, zone).forwards(change - timedelta(hours=26))
    return [wall_clock(at, zone) for at in islice(found, number)]


@pytest.mark.parametrize(
    ("cron", "zone", "change", "wanted"),
    [
        # left out: due as much later as was left out
        ("30 2 * * *", BERLIN, 0, ["03-28 02:30 +0100", "03-29 03:30 +0200", "03-30 02:30 +0200"]),
        ("30 2 * * *", NEW_YORK, 0, ["03-07 02:30 -0500", "03-08 03:30 -0400", "03-09 02:30 -0400"]),
        # twice on the clock: due the first time
        ("30 2 * * *", BERLIN, 1, ["10-24 02:30 +0200", "10-25 02:30 +0200", "10-26 02:30 +0100"]),
        ("30 1 * * *", NEW_YORK, 1, ["10-31 01:30 -0400", "11-01 01:30 -0400", "11-02 01:30 -0500"]),
    ],
)  # fmt: skip
def test_a_daily_batch_is_due_once_a_day_whatever_happens_to_the_clock(cron, zone, change, wanted):
    assert days_of(cron, zone, CHANGES[zone][change]) == wanted


def test_an_hourly_batch_is_due_every_real_hour():
    for zone in (BERLIN, NEW_YORK):
        for change in CHANGES[zone]:
            found = list(
                islice(timetable("15 * * * *", zone).forwards(change - 5 * 60 * MINUTE), 10)
            )
            steps = {after - before for before, after in pairwise(found)}
            assert steps == {timedelta(hours=1)}


def test_minutes_that_the_clock_leaves_out_are_no_real_minutes():
    howe = "Australia/Lord_Howe"  # 02:00 to 02:30 is left out
    assert days_of("*/20 2 * * *", howe, CHANGES[howe][1], 5)[3:] == [
        "10-04 02:30 +1100", "10-04 02:40 +1100",
    ]  # fmt: skip
    found = timetable("*/20 * * * *", howe).forwards(CHANGES[howe][1] - timedelta(minutes=41))
    assert [wall_clock(at, howe)[6:11] for at in islice(found, 4)] == [
        "01:20", "01:40", "02:40", "03:00",
    ]  # fmt: skip


def test_two_times_that_fall_together_are_one_instant():
    assert days_of("30 2,3 * * *", BERLIN, CHANGES[BERLIN][0], 4) == [
        "03-28 02:30 +0100", "03-28 03:30 +0100", "03-29 03:30 +0200", "03-30 02:30 +0200",
    ]  # fmt: skip


def test_an_instant_is_due_at_its_own_moment():
    daily = timetable("0 3 * * *")
    three = datetime(2026, 3, 4, 3, tzinfo=UTC)
    assert next(daily.backwards(three)) == three
    assert next(daily.backwards(three - timedelta(microseconds=1))) == three - timedelta(days=1)
    assert next(daily.forwards(three)) == three + timedelta(days=1)


def by_brute_force(cron: str, zone: str, since: datetime, until: datetime) -> set[datetime]:
    """Every minute of the span asked, on a clock that is simply read; changes of it spelled out."""
    real_hours = cron.split()[1] == "*"
    found, at = set(), since.replace(second=0, microsecond=0)
    while at <= until:
        local = at.astimezone(ZoneInfo(zone))
        shown = local.replace(tzinfo=None, fold=0)
        first_time = local.fold == 0
        if (real_hours or first_time) and croniter.match(cron, shown):
            found.add(at)
        at += MINUTE
    if real_hours:
        return {at for at in found if since < at <= until}
    # what the clock left out: each of those wall times as much later as was left out
    wall, end = (
        (since.astimezone(ZoneInfo(zone)) - timedelta(days=1)).replace(
            tzinfo=None, second=0, microsecond=0, fold=0
        ),
        until.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=1),
    )
    while wall <= end:
        at = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        left_out = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) != wall
        if left_out and croniter.match(cron, wall):
            found.add(at)
        wall += MINUTE
    return {at for at in found if since < at <= until}


@settings(max_examples=40, deadline=None)
@given(cron=crons, place=places, start=around, length=st.integers(1, 12 * 60))
def test_due_instants_are_those_that_reading_the_clock_each_minute_finds(
    cron, place, start, length
):
    zone, change = place
    since = change + start
    until = since + length * MINUTE
    wanted = by_brute_force(cron, zone, since, until)
    table = timetable(cron, zone)
    forwards = []
    for at in table.forwards(since):
        if at > until:
            break
        forwards.append(at)
    backwards = []
    for at in table.backwards(until):
        if at <= since:
            break
        backwards.append(at)
    assert forwards == sorted(wanted)
    assert backwards == sorted(wanted, reverse=True)


@settings(max_examples=60, deadline=None)
@given(
    cron=crons,
    place=places,
    offsets=st.lists(st.integers(0, 3 * 24 * 60), min_size=2, max_size=12),
    catchup=st.sampled_from(["0", "15m", "2h", "7d"]),
)
def test_ticks_at_any_moments_see_to_every_instant_once(cron, place, offsets, catchup):
    zone, change = place
    start, *moments = (change + (n - 36 * 60) * MINUTE for n in sorted(offsets))
    table, window = timetable(cron, zone), read_duration(catchup)
    since, seen, fired = start, [], []
    for now in moments:
        due = plan(table, window, since=since, now=now)
        assert sum(each.fire for each in due) <= 1
        assert all(since < each.at <= now for each in due)
        assert all(each.fire is (each.reason is None) for each in due)
        seen += [each.at for each in due]
        fired += [(each.at, now) for each in due if each.fire]
        since = max((since, *(each.at for each in due)))
    assert len(seen) == len(set(seen))
    assert all(now - at <= max(window, MINUTE) for at, now in fired)
    last = next(iter(table.backwards(moments[-1])))
    assert last <= start or last in seen


def test_missed_ones_are_one_firing_for_the_latest():
    due = plan(timetable("*/5 * * * *"), read_duration("15m"), since=MORNING, now=later(22))
    assert [(each.at.minute, each.fire) for each in due] == [
        (20, True), (15, False), (10, False), (5, False),
    ]  # fmt: skip
    assert {each.reason for each in due[1:]} == {
        "missed; fired once, for 2026-03-04T08:20:00+00:00"
    }


@pytest.mark.parametrize(
    ("catchup", "late", "fires"),
    [
        ("15m", 900.0, True),
        ("15m", 900.001, False),
        ("0", 0.0, True),
        ("0", 60.0, True),  # who ticks by system cron is never earlier
        ("0", 60.001, False),
        ("10s", 59.0, True),
    ],
)
def test_the_edge_of_the_catchup_window(catchup, late, fires):
    nine = datetime(2026, 3, 4, 9, tzinfo=UTC)
    now = nine + timedelta(seconds=late)
    [due] = plan(timetable("0 9 * * *"), read_duration(catchup), since=MORNING, now=now)
    assert (due.at, due.fire) == (nine, fires)
    if not fires:
        assert due.reason == f"missed by more than the catch-up window of {catchup}"


def test_years_that_were_missed_are_not_written_down_one_by_one():
    since = datetime(1990, 1, 1, tzinfo=UTC)
    due = plan(timetable("* * * * *"), read_duration("15m"), since=since, now=MORNING)
    assert len(due) == MOST_RECORDED
    assert due[0].fire
    assert due[-1].reason.endswith("earlier ones are not listed")
    assert [each.at for each in due] == [
        MORNING.replace(second=0) - n * MINUTE for n in range(MOST_RECORDED)
    ]


def test_nothing_is_due_before_what_was_seen_to_nor_when_the_clock_went_back():
    table, window = timetable("*/5 * * * *"), read_duration("1h")
    assert plan(table, window, since=MORNING, now=later(4)) == ()
    assert plan(table, window, since=MORNING, now=later(-300)) == ()


def test_a_timetable_that_has_ended_or_is_rare_is_found():
    leap = timetable("0 0 29 2 *")
    assert next(leap.backwards(MORNING)) == datetime(2024, 2, 29, tzinfo=UTC)
    assert next(leap.forwards(MORNING)) == datetime(2028, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize("cron", ["0 3 * * *", "*/5 9-17 * * mon-fri", "@hourly", "0 3 l * *"])
def test_cron_strings_that_are_taken(cron):
    assert read_cron(cron) == cron
    assert next(Timetable(cron=cron, zone=ZoneInfo("UTC")).forwards(MORNING)) > MORNING


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("0 3 * *", "five fields"),
        ("0 0 3 * * *", "five fields"),
        ("", "five fields"),
        ("61 * * * *", "no cron string"),
        ("@reboot", "no cron string"),
        ("every day at nine o'clock", "no cron string"),
        ("0 0 30 2 *", "never comes"),
        ("R * * * *", "random"),
        ("0 r(1-3) * * *", "random"),
        ("H/5 * * * *", "random"),
    ],
)
def test_cron_strings_that_are_refused(cron, why):
    with pytest.raises(TimetableError, match=why):
        read_cron(cron)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Europe", "../../etc/passwd", "/etc/passwd", "a\0b"])  # fmt: skip
def test_zones_that_are_refused(zone):
    with pytest.raises(TimetableError, match="no time zone"):
        read_zone(zone)


@pytest.mark.parametrize("text", ["", "15", "-1m", "1.5h", "1w", "m", "99999999d", "١m"])
def test_durations_that_are_refused(text):
    with pytest.raises(TimetableError):
        read_duration(text)


@given(st.integers(0, 3660 * 24 * 60))
def test_a_duration_comes_back_as_it_was_written(number):
    length = timedelta(minutes=number)
    assert read_duration(write_duration(length)) == length
