"""The recorder: what it counts, and how it rounds the world into a picture."""

import threading
from datetime import UTC, datetime

from app.monitor import words
from app.monitor.status import Recorder, Status, percentile
from app.runtime import Event
from browsers.values import PoolStatus


def event(word: str, seconds: float = 1.0) -> Event:
    return Event(at=datetime.now(UTC), name="1", word=word, seconds=seconds)


def picture(recorder: Recorder, **counts: int) -> Status:
    return recorder.picture(
        run_id=1,
        label="",
        state="running",
        planned=sum(counts.values()),
        counts=counts,
        pool=PoolStatus(),
        database="sqlite",
    )


def test_retries_have_no_part_in_speed_or_durations():
    recorder = Recorder()
    recorder.tell(event("created", 2.0))
    recorder.tell(event("retry", 60.0))
    shown = picture(recorder, created=1, queued=1)
    assert shown.median == shown.p95 == 2.0
    assert shown.rate == 1.0
    assert shown.settled == 1
    assert shown.seconds_left == 1.0


def test_nothing_told_is_unknown_not_zero():
    shown = picture(Recorder(), queued=3)
    assert shown.median is None
    assert shown.seconds_left is None


def test_events_of_many_threads_are_all_counted():
    recorder = Recorder(keep=10)
    tellers = [
        threading.Thread(target=lambda: [recorder.tell(event("created")) for _ in range(500)])
        for _ in range(4)
    ]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join()
    assert recorder.words() == {"created": 2000}
    assert len(picture(recorder, created=2000).events) == 10


def test_percentile_is_the_nearest_rank():
    assert percentile([], 0.5) is None
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile(list(range(1, 101)), 0.95) == 95


def test_clock_has_hours_only_when_needed():
    assert words.clock(None) == "–"
    assert words.clock(7) == "0:07"
    assert words.clock(3 * 3600 + 309) == "3:05:09"


def test_sparkline_scales_to_its_greatest_value():
    assert words.sparkline((0.0, 1.0, 2.0), 10) == "▁▄█"
    assert words.sparkline((0.0, 0.0), 10) == "▁▁"
    assert words.sparkline((1.0,) * 20, 4) == "████"
