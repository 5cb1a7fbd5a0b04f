"""Ringing: idempotent, harmless, and told apart from Redis being away."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from app.jobs import beacons, doorbell
from app.jobs.beacons import Beacon
from app.jobs.doorbell import queue_of
from browsers.values import PoolStatus, SlotState, SlotStatus
from tests.redis_server import RedisServer


def ids(connection: Redis, priority: str = "default") -> list[str]:
    return queue_of(connection, priority).get_job_ids()


def test_ringing_again_adds_nothing(connection: Redis):
    assert doorbell.ring(connection, 12, bells=2) == 2
    assert doorbell.ring(connection, 12, bells=2) == 0
    assert doorbell.ring(connection, 12, bells=3) == 1
    assert doorbell.ring(connection, 1) == 1
    assert doorbell.pending(connection)["default"] == {12: 3, 1: 1}


def test_ringing_from_many_places_at_once_adds_nothing(connection: Redis):
    with ThreadPoolExecutor(8) as ringers:
        new = list(ringers.map(lambda _: doorbell.ring(connection, 12, bells=3), range(40)))
    assert sum(new) == 3
    assert len(ids(connection)) == 3


def test_a_bell_never_has_the_name_of_an_earlier_one(connection: Redis):
    names = []
    for _ in range(3):
        doorbell.ring(connection, 7)
        names += ids(connection)
        connection.delete(queue_of(connection, "default").key)
    assert names == ["bell-7-0", "bell-7-1", "bell-7-2"]


def test_each_priority_has_its_queue(connection: Redis):
    for priority in doorbell.PRIORITIES:
        doorbell.ring(connection, 5, priority=priority)
        assert ids(connection, priority)
    with pytest.raises(ValueError, match="urgent"):
        doorbell.ring(connection, 5, priority="urgent")


def test_the_dashboard_can_say_what_a_bell_is(connection: Redis):
    doorbell.ring(connection, 12, label="20 offers")
    [job] = queue_of(connection, "default").jobs
    assert job.description == "run 12: 20 offers"
    assert job.meta == {"run": 12, "label": "20 offers", "progress": ""}
    assert job.data == b'["pwsync.drain", null, [12], {}]'
    assert 0 < connection.ttl(job.key) <= doorbell.QUEUED_TTL


def test_the_lock_of_a_killed_housekeeper_is_short(connection: Redis):
    queue = queue_of(connection, "default")
    assert queue.acquire_maintenance_lock()
    assert not queue.acquire_maintenance_lock()
    assert 0 < connection.ttl(queue.registry_cleaning_key) <= 60


@pytest.mark.parametrize(
    ("url", "lasting"),
    [
        ("http://u:secret@here", True),
        ("redis://u:secret@127.0.0.1:port/0", True),
        ("redis://:secret@127.0.0.1:1/0", False),
        ("unix:///nowhere/r?password=secret", False),
    ],
)
def test_what_is_wrong_is_one_sentence_without_the_password(url: str, lasting: bool):
    with pytest.raises(doorbell.RedisUnavailable) as caught:
        doorbell.connect(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.lasting is lasting


def test_a_wrong_password_is_not_waited_for(connection: Redis, redis_server: RedisServer):
    connection.config_set("requirepass", "right")
    try:
        with pytest.raises(doorbell.RedisUnavailable) as caught:
            doorbell.connect(f"{redis_server.url}&password=wrong")
    finally:
        connection.config_set("requirepass", "")
    assert caught.value.lasting
    assert "wrong" not in str(caught.value).lower().replace("wrongpass", "")


def test_a_caller_learns_that_redis_is_away(own_redis: RedisServer):
    with doorbell.connect(own_redis.url) as client:
        own_redis.stop(signal.SIGKILL)
        with pytest.raises(doorbell.RedisUnavailable, match="does not answer"):
            doorbell.ring(client, 1)
        with pytest.raises(doorbell.RedisUnavailable):
            beacons.seen(client)
        own_redis.start()
        assert doorbell.ring(client, 1) == 1


def a_beacon(name: str) -> Beacon:
    slots = (SlotStatus(number=1, state=SlotState.LOADING, label="610947572360"),)
    return Beacon(
        name=name,
        host="h",
        pid=1,
        state="working",
        run_id=3,
        slots=1,
        pool=PoolStatus(slots=slots, browser_starts=1),
        words={"created": 2},
    )


def test_beacons_are_seen_until_they_fade(connection: Redis):
    assert beacons.seen(connection) == []
    for name in ("b", "a"):
        beacons.shine(connection, name, a_beacon(name))
    seen = beacons.seen(connection)
    assert [one.name for one in seen] == ["a", "b"]
    assert seen[0].pool.slots[0].label == "610947572360"
    beacons.fade(connection, "a")
    assert [one.name for one in beacons.seen(connection)] == ["b"]


def test_the_beacon_of_a_dead_worker_vanishes(connection: Redis):
    beacons.shine(connection, "a", a_beacon("a"))
    [key] = connection.keys("pwsync:beacon:*")
    assert 0 < connection.ttl(key) <= beacons.TTL_SECONDS
    connection.delete(key)  # what its time to live does
    assert beacons.seen(connection) == []
    assert connection.smembers(beacons.NAMES) == set()


@pytest.mark.parametrize("value", [b"", b"{}", b"\xff", b'{"name": 1}', b"[" * 200_000])
def test_what_is_no_beacon_is_passed_over(connection: Redis, value: bytes):
    beacons.shine(connection, "a", a_beacon("a"))
    connection.sadd(beacons.NAMES, "x", b"\xff")
    connection.set("pwsync:beacon:x", value)
    assert [one.name for one in beacons.seen(connection)] == ["a"]
