"""The live screen at the widths people have: what it says, that it fits, that it is harmless."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from app.monitor import progress, screen
from app.monitor.status import Status
from app.monitor.watch import together
from app.runtime import Event
from browsers.crowd import CAUSE
from browsers.throttle import Pressure
from browsers.values import PoolStatus, SlotState, SlotStatus

HOSTILE = "[red]夏季新款[/] \x1b]0;pwn\x07 \u202egnp.exe \n第二行 " + "很长的标题" * 40
STATES = list(SlotState)


def slot(number: int) -> SlotStatus:
    return SlotStatus(
        number=number, state=STATES[number % 5], label="610947572360", since=99.0, pages=number
    )


def event(word: str = "created", text: str = HOSTILE) -> Event:
    return Event(at=datetime.now(UTC), name="610947572360", word=word, seconds=0.84, text=text)


@pytest.fixture
def status() -> Status:
    return Status(
        run_id=12,
        label="20 offers",
        state="running",
        planned=1000,
        counts={"created": 512, "gone": 40, "failed": 6, "invalid": 2, "leased": 8, "queued": 432},
        elapsed=127.0,
        rate=4.2,
        history=(1.0, 2.0, 4.2),
        median=0.84,
        p95=1.9,
        pool=PoolStatus(
            slots=tuple(slot(n) for n in range(1, 9)),
            browser_starts=2,
            engine="chromium-headless-shell 156.0.8078.79",
            sandboxed=False,
            memory_mb=612,
        ),
        events=tuple(event(word) for word in ("created", "retry", "gone", "failed") * 5),
        database="sqlite",
        hint="q leaves",
        now=100.0,
    )


def drawn(status: Status, width: int, height: int = 24) -> list[str]:
    console = Console(width=width, file=StringIO(), force_terminal=True, color_system=None)
    console.print(screen.render(status, width=width, height=height))
    return console.file.getvalue().rstrip("\n").split("\n")


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("height", [16, 24, 50])
def test_screen_fits_its_terminal(status, width, height):
    lines = drawn(status, width, height)
    assert len(lines) <= height
    assert max(cell_len(line) for line in lines) <= width


@pytest.mark.parametrize("width", [80, 100, 160])
def test_screen_says_what_matters(status, width):
    shown = "\n".join(drawn(status, width))
    for word in ("run 12", "running", "2:07", "560/1,000", "created 512", "failed 6", "4.2/s"):
        assert word in shown
    for word in (
        "loading",
        "0.84 s",
        "612 MB",
        "sandbox off",
        "2 starts",
        "chromium-headless-shell",
    ):
        assert word in shown


def test_slots_and_events_stand_side_by_side_on_a_wide_terminal(status):
    assert any("pages" in line and "created" in line for line in drawn(status, 160))
    assert not any("pages" in line and "created" in line for line in drawn(status, 100))


@pytest.mark.parametrize("width", [80, 160])
def test_text_of_a_page_cannot_move_the_cursor_or_colour_the_screen(status, width):
    shown = "\n".join(drawn(status, width))
    assert "[red]" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_bar_shows_every_outcome_and_never_more_than_the_whole(status):
    bar = screen.ledger_bar(status, 60)
    assert bar.cell_len == 60
    full = replace(status, counts={"created": 1000})
    assert "─" not in screen.ledger_bar(full, 60).plain
    empty = replace(status, counts={"queued": 1000})
    assert "━" not in screen.ledger_bar(empty, 60).plain


def test_a_run_of_nothing_can_be_drawn():
    nothing = Status(run_id=1, label="", state="done", planned=0, counts={}, elapsed=0.0)
    assert "0/0" in "\n".join(drawn(nothing, 80))


def test_when_the_browsers_are_closed_the_sums_are_left(status):
    closed = tuple(replace(one, state=SlotState.CLOSED) for one in status.pool.slots)
    lines = drawn(replace(status, pool=replace(status.pool, slots=closed)), 80)
    assert "560/1,000" in "\n".join(lines)
    assert len(lines) <= 7


def test_plain_line_holds_the_same_numbers(status):
    line = progress.plain_line(replace(status, notice="rest \x1b[2J after a block"))
    assert "560/1,000" in line
    assert "failed 6" in line
    assert "rest  [2J after a block".replace("  ", " ") in line.replace("  ", " ")
    assert "\x1b" not in line


def test_slots_that_are_held_back_are_shown_with_their_reason(status):
    assert "slots" not in "\n".join(drawn(status, 100))
    held = replace(
        status.pool, allowed=6, held_back=Pressure.MEMORY.value, memory_share=0.82, sandboxed=True
    )
    shown = replace(status, pool=held)
    assert "slots 6 of 8 (memory 82 %)" in "\n".join(drawn(shown, 80))
    assert "slots 6 of 8 (memory 82 %)" in progress.plain_line(shown)
    other = replace(shown, pool=replace(held, held_back=Pressure.REFUSED.value))
    assert "slots 6 of 8 (the site refuses)" in progress.plain_line(other)
    crowded = replace(shown, pool=replace(held, held_back=CAUSE), hint="x" * 35)
    assert f"slots 6 of 8 ({CAUSE})" in "\n".join(drawn(crowded, 80))
    both = together([held, replace(held, allowed=None, held_back="")])
    assert (both.allowed, both.held_back, len(both.slots)) == (14, "memory", 16)
