"""Plans are repeatable, bounded and harmless, whatever the seed; a page full of traps proves it."""

import math
import statistics
from itertools import pairwise
from types import SimpleNamespace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browsers import identity
from browsers.behaviour import LONGEST, MANNERS, Plan, Point, Step, Turn, plan, play
from browsers.render import _behaviour
from browsers.values import Mode, RenderRequest
from tests.browsers.conftest import SITE, until

WIDTH, HEIGHT = identity.VIEWPORT
kinds = st.sampled_from([*MANNERS, "robots", ""])
plans = st.builds(lambda seed, kind, pace: plan(seed, kind, pace=pace), st.integers(), kinds, st.floats(0.01, 20))  # fmt: skip


@given(st.integers(), kinds, st.floats(0.01, 20))
def test_plan_keeps_its_bounds(seed, kind, pace):
    todo = plan(seed, kind, pace=pace)
    assert 0 < todo.seconds <= LONGEST * pace * 1.000001
    assert 1 <= len(todo.steps) <= 80
    times = [0.0, *(step.at for step in todo.steps), todo.seconds]
    assert times == sorted(times)
    for step in todo.steps:
        match step:
            case Point():
                assert 0 < step.x < WIDTH - 1
                assert 0 < step.y < HEIGHT - 1
            case Turn():
                assert 0 < abs(step.pixels) <= 240


@given(plans)
def test_plan_has_two_words_and_no_other(todo):
    assert {type(step) for step in todo.steps} <= {Point, Turn} == set(get_args(Step))


@given(plans)
def test_pointer_walks_and_never_jumps(todo):
    points = [step for step in todo.steps if isinstance(step, Point)]
    assert len(points) >= 5
    for one, two in pairwise(points):
        assert math.dist((one.x, one.y), (two.x, two.y)) <= 300
    wheel = [step.pixels for step in todo.steps if isinstance(step, Turn)]
    assert wheel[0] > 0  # what is not yet scrolled does not go back up


@given(st.integers(), kinds, st.floats(0.1, 5))
def test_plan_is_repeatable(seed, kind, pace):
    assert plan(seed, kind, pace=pace) == plan(seed, kind, pace=pace)


@given(plans, st.floats(-5, 60))
def test_plan_is_cut_to_the_time_there_is(todo, limit):
    cut = todo.within(limit)
    assert cut.seconds <= max(limit, 0)
    assert cut.steps == tuple(step for step in todo.steps if step.at <= cut.seconds)
    assert todo.within(todo.seconds) is todo


@given(st.integers(), kinds, st.floats(1, 20))
def test_pace_makes_pauses_longer_and_leaves_the_hand_as_it_is(seed, kind, pace):
    usual, slow = plan(seed, kind), plan(seed, kind, pace=pace)
    assert usual.seconds <= slow.seconds <= usual.seconds * pace * 1.000001
    assert [_without_time(step) for step in usual.steps] == [_without_time(s) for s in slow.steps]


def _without_time(step):
    return (step.x, step.y) if isinstance(step, Point) else step.pixels


def test_plans_take_the_time_that_is_told():
    seconds = sorted(plan(seed, "offer").seconds for seed in range(2000))
    assert 1.3 < statistics.median(seconds) < 1.7
    assert seconds[100] > 0.7
    assert seconds[1900] < 2.4


def test_seeds_and_kinds_differ():
    assert len({plan(seed, "offer") for seed in range(20)}) == 20
    assert plan(1, "offer") != plan(1, "list")
    seen = [plan(seed, "offer") for seed in range(50)]
    assert any(step.pixels < 0 for todo in seen for step in todo.steps if isinstance(step, Turn))


@pytest.mark.parametrize("pace", [0, -1])
def test_pace_nought_is_no_plan(pace):
    assert plan(1, "offer", pace=pace) == Plan()


def test_lean_pages_are_not_looked_at():
    lean = RenderRequest(url=SITE, mode=Mode.LEAN, pace=5)
    assert _behaviour(lean) == Plan()
    assert _behaviour(RenderRequest(url=SITE, mode=Mode.NATURAL)).steps


async def test_playing_moves_the_mouse_and_can_do_nothing_else():
    """Whatever else were asked of this page would be an AttributeError."""
    done = []

    async def note(*where):
        done.append(where)

    todo = plan(3, "list", pace=0.05)
    await play(SimpleNamespace(mouse=SimpleNamespace(move=note, wheel=note)), todo)
    assert 0 < len(done) <= len(todo.steps)


# Real pages

SNARES = "pointerdown mousedown mouseup click auxclick dblclick contextmenu touchstart dragstart keydown keypress keyup input change submit focusin selectstart beforeunload"
WATCHED = "mousemove mouseover wheel scroll"
TRAPS = f"""<!doctype html><title>traps</title><style>a, button, input {{display: block; width: 100%;
  height: 60px; margin: 0}}</style><body><script>
const told = new Set();
function tell(path) {{
  if (!told.has(path)) fetch(path, {{method: "POST", keepalive: true}});
  told.add(path);
}}
for (const name of "{SNARES}".split(" "))
  addEventListener(name, () => tell("/snared-" + name), true);
for (const name of "{WATCHED}".split(" "))
  addEventListener(name, () => tell("/watched-" + name), {{capture: true, passive: true}});
for (let n = 0; n < 40; n++)
  document.body.insertAdjacentHTML("beforeend", `
    <a href="/bought?link=${{n}}" onclick="tell('/bought')">a link over all the width</a>
    <a href="https://detailp4p.1688.com/ad" target="_blank" ping="/bought">an ad</a>
    <form action="/bought"><input name="q"><button onclick="tell('/bought')">buy</button></form>`);
</script>"""


@pytest.fixture
def traps(server):
    server.documents["traps"] = ("text/html", TRAPS.encode())
    server.hits.clear()
    yield server
    del server.documents["traps"]


def snared(server) -> set[str]:
    return {path for path in server.hits if path.startswith(("snared", "bought"))}


@pytest.mark.parametrize(("kind", "seed"), [("offer", 1), ("offer", 2), ("list", 3), ("home", 4)])
async def test_no_trap_is_stepped_into(rig, traps, kind, seed):
    page = await rig.load("traps", Mode.NATURAL, pace=1, kind=kind, seed=seed, deadline=20)
    assert page.final_url == f"{SITE}traps"
    await until(lambda: traps.hits["watched-scroll"])
    assert {f"watched-{name}" for name in WATCHED.split()} <= set(traps.hits)
    assert snared(traps) == set()


async def test_the_traps_do_snap(rig, traps, monkeypatch):
    async def clumsy(page, todo):
        await page.mouse.click(300, 200)
        await page.keyboard.press("Tab")

    monkeypatch.setattr("browsers.behaviour.play", clumsy)
    await rig.load("traps", Mode.NATURAL, pace=1, deadline=20)
    await until(lambda: traps.hits["snared-click"])
    assert {"snared-pointerdown", "snared-click", "bought"} <= snared(traps)


async def test_a_plan_that_is_too_long_does_not_break_the_render(rig):
    page = await rig.load("ok", Mode.NATURAL, pace=500, deadline=2)
    assert b"window.context=" in page.document
    assert page.seconds < 2
