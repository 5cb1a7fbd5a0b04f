"""The whole path with real parts: local 1688, real browser, both databases."""

import asyncio
import os
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.archive.checking import check
from app.archive.files import archived, is_sound
from app.archive.reading import Wanted, find
from app.items import as_json
from app.pace.turns import Gate
from app.profiles import rows
from app.replica.serve import running
from app.runs import states
from app.runs.audit import audit
from app.runs.counts import counts
from app.runs.outcomes import RunState
from app.runtime import Loading
from app.store import offers
from app.store.engine import reading
from browsers.crowd import Crowd
from browsers.throttle import Pressure
from browsers.waiting import Patience
from tests.sync.conftest import FREE


def urls(site, *standing):
    """Offers of the site, all of them or those that stand so."""
    wanted = [one for one in site.listed() if not standing or one["standing"] in standing]
    return [one["url"] for one in wanted]


def differences(engine, site):
    """Every field of every stored offer that is not what the site's generator says."""
    wrong = []
    for listed in site.listed():
        wanted = site.expected(listed["offer_id"])
        with reading(engine) as conn:
            stored = offers.load(conn, listed["offer_id"])
        if "error" in wanted:
            wrong += [(listed["offer_id"], "is stored")] if stored else []
            continue
        found = as_json(stored.item) if stored else {}
        assert set(wanted) == set(found) - {"provenance"} or not stored
        wrong += [
            (listed["offer_id"], name, value, found.get(name))
            for name, value in wanted.items()
            if found.get(name) != value
        ]
    return wrong


async def test_every_offer_is_stored_exactly_as_the_site_made_it(desk, site):
    found = await desk.drain(site, desk.open(urls(site)))
    assert found.run.state is RunState.DONE
    assert found.bad == 0
    assert found.stored + found.by_state["gone"] == 60
    assert differences(desk.engine, site) == []
    assert audit(desk.engine) == []


async def test_every_page_that_was_loaded_is_in_the_archive(desk, site):
    with running(
        offers=24, seed=5, padded=False, faults="cut=0.2:first,garbage=0.2:first"
    ) as shaky:
        found = await desk.drain(shaky, desk.open(urls(shaky)))
        asked = shaky.log(kind="offer")
    assert found.run.state is RunState.DONE
    with reading(desk.engine) as conn:
        kept = find(conn, Wanted(run_id=found.run.id))
    assert len(kept) == len(asked)
    assert {one.layout is not None for one in kept} == {True, False}
    checked = check(desk.engine, desk.folder / "archive")
    assert (checked.read, checked.wrong) == (len(asked), ())
    assert all(is_sound(path) for path in archived(desk.folder / "archive"))
    assert audit(desk.engine) == []


async def test_in_mixed_mode_the_look_that_brought_nothing_is_kept_too(lite_desk):
    lite_desk.loading = Loading.MIXED
    with running(offers=4, seed=5, padded=False, faults="garbage=1:1") as shaky:
        found = await lite_desk.drain(shaky, lite_desk.open(urls(shaky)))
    with reading(lite_desk.engine) as conn:
        kept = find(conn, Wanted(run_id=found.run.id))
    by_try = Counter((one.key, one.token) for one in kept)
    assert 2 in by_try.values(), "one claim, two looks"
    assert audit(lite_desk.engine) == []


async def test_a_run_is_finished_where_the_memory_is_too_small_for_its_slots(lite_desk):
    lite_desk.loading, lite_desk.slots = Loading.NATURAL, 6
    lite_desk.memory_limit_mb, lite_desk.patience = 270, Patience(weigh_every=0.1)
    with running(offers=12, seed=5, padded=False) as site:
        found = await lite_desk.drain(site, lite_desk.open(urls(site)))
    cuts = [move for move in lite_desk.moves if move.cause is Pressure.BROWSER]
    assert cuts
    assert min(move.after for move in cuts) < 6
    assert (found.run.state, found.by_state.get("failed", 0)) == (RunState.DONE, 0)
    assert audit(lite_desk.engine) == []


async def test_no_more_pages_are_begun_than_the_processors_have_time_for(lite_desk, site):
    lite_desk.slots, lite_desk.crowd = 4, Crowd(4, least=1, waited=time.monotonic)
    opened = []

    async def meanwhile(_drain, pool):
        for number in range(1, 13):
            await lite_desk.until(number)
            opened.append(pool.status().contexts)

    found = await lite_desk.drain(site, lite_desk.open(urls(site)[:12]), meanwhile)
    assert found.run.state is RunState.DONE
    assert set(opened) == {1}


async def test_in_mixed_mode_a_block_is_not_asked_again_in_another_way(lite_desk):
    lite_desk.loading, lite_desk.slots = Loading.MIXED, 1
    with running(offers=9, seed=5, padded=False, faults="login=1") as walled:
        found = await lite_desk.drain(walled, lite_desk.open(urls(walled)))
        asked = walled.log(kind="offer")
    assert found.run.state is RunState.PARKED
    assert len(asked) == 1


async def test_who_is_to_stop_does_not_wait_to_ask_for_robots_txt(lite_desk):
    lite_desk.pace = replace(FREE, gap=(0.1, 0.1))
    with running(offers=2, seed=5, padded=False) as site:
        run_id = lite_desk.open(urls(site))
        gate = Gate(
            lite_desk.engine, lite_desk.pace, profile="replica:guest", per_day=None, egress="x"
        )
        gate.put_off(8, "the site wants a pause")

        async def stop_when_it_waits(drain, _):
            while not counts(lite_desk.engine, run_id).leased:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.05)
            drain.stop()

        found = await lite_desk.drain(site, run_id, stop_when_it_waits)
        assert site.log(kind="robots") == []
    assert (found.queued, found.leased) == (2, 0)


async def test_natural_pages_give_the_same_values(lite_desk, site):
    lite_desk.loading = Loading.NATURAL
    found = await lite_desk.drain(site, lite_desk.open(urls(site)[:16]))
    assert (found.bad, found.finished) == (0, 16)
    stored = {event.name for event in lite_desk.events if event.word == "created"}
    wrong = [one for one in differences(lite_desk.engine, site) if one[0] in stored]
    assert wrong == []


async def test_the_same_pages_again_change_nothing_and_new_prices_do(desk):
    with running(offers=12, seed=11, padded=False) as site:
        wanted = urls(site)
        first = await desk.drain(site, desk.open(wanted))
        again = await desk.drain(site, desk.open(wanted))
        assert again.by_state.get("unchanged", 0) == first.by_state["created"]
        site.turn(2)
        later = await desk.drain(site, desk.open(wanted))
        assert later.by_state["changed"] > 0
        assert later.stored == first.stored
        assert differences(desk.engine, site) == []
    assert audit(desk.engine) == []


async def test_a_wall_parks_the_run_and_nothing_is_lost(desk):
    with running(offers=10, seed=3, padded=False, faults="login=1") as walled:
        run_id = desk.open(urls(walled))
        parked = await desk.drain(walled, run_id)
        asked = walled.log(kind="offer")
    assert parked.run.state is RunState.PARKED
    assert parked.run.reason.startswith("login")
    assert parked.queued == 10
    assert 1 <= len(asked) <= 2 * desk.slots, "a block ends the visits, not only the item"
    assert audit(desk.engine) == []
    with running(offers=10, seed=3, padded=False) as open_again:
        states.resume(desk.engine, run_id)
        still = await desk.drain(open_again, run_id)
        assert still.run.state is RunState.PARKED, "the profile rests, whoever resumes the run"
        assert open_again.log(kind="offer") == []
        rows.revive(desk.engine, "replica:guest")
        states.resume(desk.engine, run_id)
        found = await desk.drain(open_again, run_id)
    assert (found.run.state, found.bad, found.finished) == (RunState.DONE, 0, 10)
    assert audit(desk.engine) == []


async def test_a_slider_over_a_healthy_page_rests_the_profile_and_keeps_the_page(lite_desk):
    lite_desk.loading, lite_desk.slots = Loading.NATURAL, 1
    with running(offers=8, seed=3, padded=False, faults="overlay=1") as site:
        run_id = lite_desk.open(urls(site, "live")[:4])
        parked = await lite_desk.drain(site, run_id)
        assert len(site.log(kind="offer")) == 1
    assert parked.run.state is RunState.PARKED
    assert parked.run.reason.startswith("slider over a page that was read")
    assert (parked.stored, parked.queued, parked.bad) == (1, 3, 0)
    assert audit(lite_desk.engine) == []


@pytest.mark.parametrize("fault", ["truncated", "cut", "reset", "empty", "busy", "crash"])
async def test_a_fault_at_the_first_visit_costs_one_try(lite_desk, fault):
    lite_desk.loading = Loading.NATURAL if fault == "crash" else Loading.LEAN
    with running(offers=6, seed=5, padded=False, faults=f"{fault}=1:first") as site:
        run_id = lite_desk.open(urls(site, "live")[:3])
        found = await lite_desk.drain(site, run_id)
    assert (found.bad, found.stored) == (0, 3)
    retried = [event for event in lite_desk.events if event.word == "retry"]
    # on a connection that it has used before, the engine itself asks once more after a reset
    assert (2 if fault in {"reset", "empty"} else 3) <= len(retried) <= 3
    assert audit(lite_desk.engine) == []


@pytest.mark.parametrize(
    ("fault", "outcome"), [("garbage", "unreadable"), ("invalid", "invalid"), ("reset", "failed")]
)
async def test_a_page_that_stays_bad_is_told_with_its_reason(lite_desk, fault, outcome):
    with running(offers=6, seed=5, padded=False, faults=f"{fault}=1") as site:
        run_id = lite_desk.open(urls(site, "live")[:2], attempts=1)
        found = await lite_desk.drain(site, run_id)
    assert found.by_state == {outcome: 2}
    assert all(event.text for event in lite_desk.events)
    kept = list((lite_desk.folder / "evidence").glob("*")) if outcome != "failed" else [1]
    assert kept, "the page is kept for a person to look at"
    assert audit(lite_desk.engine) == []


def browsers_of_this_process():
    """Pids of the browsers themselves, not of their renderers."""
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            parents = ancestors(int(folder.name))
        except OSError:
            continue  # it has just ended
        own = b"--headless" in words and b"--type=" not in words
        if own and os.getpid() in parents:
            pids.append(int(folder.name))
    return pids


def ancestors(pid):
    found = set()
    while pid > 1:
        stat = Path(f"/proc/{pid}/stat").read_text()
        pid = int(stat.rpartition(")")[2].split()[1])
        found.add(pid)
    return found


async def test_a_killed_browser_costs_one_item_one_try(lite_desk, site):
    run_id = lite_desk.open(urls(site))
    killed = []

    async def kill_the_browser(*_):
        await lite_desk.until(10)
        killed.extend(browsers_of_this_process())
        for pid in killed:
            os.kill(pid, signal.SIGKILL)

    found = await lite_desk.drain(site, run_id, kill_the_browser)
    assert len(killed) == 1
    assert (found.bad, found.finished) == (0, 60)
    with reading(lite_desk.engine) as conn:
        charges = conn.scalar(text("SELECT sum(charges) FROM run_item"))
    assert charges <= 1
    assert audit(lite_desk.engine) == []


async def test_a_stop_gives_back_what_was_not_begun(desk, site):
    run_id = desk.open(urls(site))

    async def stop_soon(drain, _):
        await desk.until(1)
        drain.stop()

    stopped = await desk.drain(site, run_id, stop_soon)
    assert stopped.leased == 0
    assert 0 < stopped.queued < 60
    assert stopped.run.state is RunState.RUNNING
    assert audit(desk.engine) == []
    found = await desk.drain(site, run_id)
    assert (found.run.state, found.bad) == (RunState.DONE, 0)
    assert audit(desk.engine) == []
