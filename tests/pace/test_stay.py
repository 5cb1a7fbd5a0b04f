"""A stay waits for its turns: it stops when told, and asks again whether a turn still stands."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from app.pace import robots
from app.pace.values import GateClosed, Pace
from app.profiles import rows
from app.profiles.jar import Jar
from app.profiles.values import Profile
from app.runs.states import Run
from app.runtime import Evidence, Manners, Runtime
from app.stay import Stay
from browsers.pool import BrowserPool
from browsers.values import Launch
from tests.pace.days import pace, pass_time, totals
from tests.runs.books import new_run

HOST = "detail.1688.com"
PAGE = f"https://{HOST}/offer/610947572360.html"


@pytest.fixture
def books() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as found:
        yield found


@pytest.fixture
def stays(sqlite_engine: Engine, books, tmp_path):
    """Makes stays at a pace; no browser is started for them."""

    def make(of: Pace, run: Run | None = None) -> Stay:
        manners = Manners(
            pace=of, profiles={}, jar=Jar(tmp_path / "jar"), rests=(timedelta(minutes=15),)
        )
        runtime = Runtime(
            engine=sqlite_engine,
            pool=BrowserPool(Launch(), size=1),
            slots=1,
            books=books,
            evidence=Evidence(folder=tmp_path / "evidence"),
            manners=manners,
            owner="w1",
        )
        profile = Profile(name="guest")
        gate = manners.gate(sqlite_engine, profile)
        return Stay(runtime, run or new_run(sqlite_engine, 1), profile, gate)

    return make


async def booked(engine: Engine, pages: int) -> None:
    """Wait until so many turns are."""
    while totals(engine)["profile:guest"] < pages:  # noqa: ASYNC110 - a database tells nobody
        await asyncio.sleep(0.01)


async def test_turns_are_waited_for(stays, sqlite_engine):
    guest = stays(pace(gap=(0.2, 0.2)))
    began = datetime.now(UTC)
    assert [await guest.waited_turn("offer") for _ in range(3)] == [True] * 3
    assert (datetime.now(UTC) - began).total_seconds() >= 0.38
    assert totals(sqlite_engine) == {"profile:guest": 3, "egress:direct": 3}


async def test_who_is_stopped_while_waiting_gives_the_turn_back(stays, sqlite_engine):
    guest, stopped = stays(pace(gap=(4, 4))), asyncio.Event()
    assert await guest.waited_turn("offer", stopped)
    waiting = asyncio.create_task(guest.waited_turn("offer", stopped))
    await booked(sqlite_engine, 2)
    stopped.set()
    assert await waiting is False
    assert totals(sqlite_engine)["profile:guest"] == 1
    assert await guest.waited_turn("offer", stopped) is False
    assert totals(sqlite_engine)["profile:guest"] == 1


async def test_a_block_that_another_met_meanwhile_is_obeyed(stays, sqlite_engine):
    guest = stays(pace(gap=(1, 1)))
    assert await guest.waited_turn("offer")
    waiting = asyncio.create_task(guest.waited_turn("offer"))
    await booked(sqlite_engine, 2)
    rows.note_block(sqlite_engine, "guest", "slider: punish", [timedelta(minutes=15)])
    with pytest.raises(GateClosed, match="slider: punish"):
        await waiting
    assert totals(sqlite_engine)["profile:guest"] == 1


async def test_a_pause_holds_where_nothing_is_rationed(stays, sqlite_engine):
    guest = stays(pace())
    assert await guest.waited_turn("offer")
    await guest.put_off(30, "HTTP 503")
    waiting = asyncio.create_task(guest.waited_turn("offer"))
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    waiting.cancel()
    pass_time(sqlite_engine, 30)
    assert await guest.waited_turn("offer")


async def test_a_known_robots_txt_is_obeyed_and_its_delay_kept(stays, sqlite_engine):
    body = b"User-agent: *\nDisallow: /offer/\nCrawl-delay: 3"
    robots.learn(sqlite_engine, HOST, 200, body)
    guest = stays(pace(gap=(0.1, 0.1)))
    assert await guest.forbidden(PAGE) == "Disallow: /offer/"
    assert await guest.forbidden(f"https://{HOST}/other") is None
    first, second = guest._gate.book("list"), guest._gate.book("list")
    assert second.at - first.at == timedelta(seconds=3)


async def test_a_robots_txt_that_cannot_be_had_closes_and_forbids_no_offer_for_ever(
    stays, sqlite_engine
):
    robots.learn(sqlite_engine, HOST, 503, b"")
    guest = stays(pace())
    with pytest.raises(GateClosed, match=r"cannot be had \(HTTP 503\)") as told:
        await guest.forbidden(PAGE)
    assert told.value.closed.until > datetime.now(UTC) + timedelta(seconds=500)


async def test_a_reason_leaves_robots_txt_aside(stays, sqlite_engine):
    robots.learn(sqlite_engine, HOST, 200, b"User-agent: *\nDisallow: /")
    run = new_run(sqlite_engine, 1, options={"ignore_robots": "our own shop"})
    assert await stays(pace(), run).forbidden(PAGE) is None
