"""Quiet hours: how they are read, whether an instant is within, and that they always end."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.pace.quiet import LEAST_OPEN, Quiet, read_quiet
from tests.pace.days import pace

DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = [
    ZoneInfo(name)
    for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
]
minutes = st.integers(0, 24 * 60 - 1)


def text_of(first: int, last: int) -> str:
    return "-".join(f"{each // 60:02}:{each % 60:02}" for each in (first, last))


quiets = (
    st.tuples(minutes, minutes)
    .filter(lambda two: 0 < (two[1] - two[0]) % (24 * 60) <= 23 * 60)
    .map(lambda two: read_quiet(text_of(*two)))
)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(ZONES)


def at(wall: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-06T{wall}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("01:00-06:30", time(1), time(6, 30)),
        ("23:00-06:30", time(23), time(6, 30)),
        (" 1:00 – 6:30 ", time(1), time(6, 30)),
        ("22:00-24:00", time(22), time(0)),
        ("00:00-23:00", time(0), time(23)),
    ],
)
def test_what_is_read(text, start, end):
    assert read_quiet(text) == Quiet(start=start, end=end)


@pytest.mark.parametrize(
    "text",
    ["", "night", "01:00", "1-6", "01:00-25:00", "01:60-02:00", "01:00-06:30-07:00", "+1:00-2:00",
     "01:00-0٦:30", "24:01-02:00"],
)  # fmt: skip
def test_what_is_no_quiet_hours(text):
    with pytest.raises(ValueError, match="are no quiet hours; write 01:00-06:30"):
        read_quiet(text)


@pytest.mark.parametrize("text", ["06:00-06:00", "00:00-24:00", "06:30-06:00"])
def test_a_day_without_an_hour_for_work_is_refused(text):
    with pytest.raises(ValueError, match="leave no hour of the day for work"):
        read_quiet(text)


def test_both_ends_of_a_night():
    night = read_quiet("23:00-06:30")
    walls = {"22:59:59": False, "23:00": True, "03:00": True, "06:29:59": True, "06:30": False}
    assert {wall: night.holds(at(wall), SHANGHAI) for wall in walls} == walls
    assert night.ends(at("23:30"), SHANGHAI) == at("06:30") + DAY
    assert night.ends(at("03:00"), SHANGHAI) == at("06:30")
    assert night.starts(at("12:00"), SHANGHAI) == at("23:00")


@pytest.mark.parametrize(
    ("first", "open_at"),
    [("2026-03-29T00:30", "01:30"), ("2026-10-25T00:30", "01:30"), ("2026-10-25T01:10", "01:30")],
)
def test_hours_that_the_clock_leaves_out_or_shows_twice_end(first, open_at):
    berlin = ZoneInfo("Europe/Berlin")
    present = datetime.fromisoformat(first).replace(tzinfo=UTC)
    quiet = read_quiet("01:00-02:30")
    found = quiet.ends(present, berlin)
    assert not quiet.holds(found, berlin)
    assert found - present <= timedelta(hours=2)
    assert open_at


@given(quiets, instants, zones)
def test_quiet_hours_end_within_a_day_and_not_in_themselves(quiet, present, zone):
    end = quiet.ends(present, zone)
    assert present < end <= present + DAY + timedelta(hours=2)
    assert not quiet.holds(end, zone)


@given(quiets, instants)
def test_quiet_is_from_each_start_to_the_next_end(quiet, present):
    start, end = quiet.starts(present, SHANGHAI), quiet.ends(present, SHANGHAI)
    assert quiet.holds(start, SHANGHAI)
    assert quiet.holds(present, SHANGHAI) == (end < start)


@given(quiets, instants, zones, st.floats(0, 900))
@example(read_quiet("00:00-23:00"), datetime(2026, 5, 5, 15, 55, tzinfo=UTC), SHANGHAI, 600.0)
def test_what_is_open_is_no_less_than_the_lead_before_quiet_hours(quiet, present, zone, lead):
    rations = pace(quiet=quiet, zone=zone, lead=lead)
    opens = rations.opens(present)
    assert opens >= present
    assert not quiet.holds(opens, zone)
    assert opens - present <= DAY + timedelta(hours=3)
    assert rations.opens(opens) == opens
    assert rations.closes(opens) > opens
    assert not quiet.holds(opens + timedelta(seconds=min(lead, 600)), zone)
    assert timedelta(seconds=600) < LEAST_OPEN
