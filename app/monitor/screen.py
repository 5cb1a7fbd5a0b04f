"""The live screen: a pure function from Status and width to something Rich can draw.

Nothing here reads a clock, a database or a terminal, so a picture can be tested at any width.
"""

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.monitor import words
from app.monitor.status import Status
from app.runtime import Event
from browsers.values import SlotState, SlotStatus

WIDE = 120
"""From this many columns on, slots and events stand side by side."""

STATE_STYLES = {
    "open": "white",
    "running": "bold green",
    "stopping": "bold yellow",
    "paused": "yellow",
    "parked": "bold magenta",
    "done": "bold blue",
    "cancelled": "bright_black",
}
STILL = frozenset({"done", "cancelled", "paused", "parked"})
SLOT_STYLES = {
    SlotState.IDLE: ("·", "bright_black"),
    SlotState.LOADING: ("●", "yellow"),
    SlotState.BEHAVING: ("●", "cyan"),
    SlotState.READING: ("●", "green"),
    SlotState.MENDING: ("◌", "red"),
    SlotState.CLOSED: ("×", "bright_black"),
}


def render(status: Status, *, width: int, height: int = 24) -> RenderableType:
    """The whole screen at this many cells; never taller than `height` lines.

    When nothing moves any more the sums are left: what stays above the report.
    """
    summary = _summary(status, width)
    if _is_still(status):
        return summary
    room = max(3, height - 11)
    side_by_side = width >= WIDE
    slot_lines = min(len(status.pool.slots), room if side_by_side else max(2, room // 2))
    event_lines = room - 1 if side_by_side else max(2, room - slot_lines - 3)
    slots = _slots(status, slot_lines)
    events = _events(status.events, event_lines)
    body: RenderableType = _beside(slots, events) if side_by_side else Group(slots, Text(), events)
    return Group(summary, body, _foot(status))


def _is_still(status: Status) -> bool:
    slots = status.pool.slots
    if not slots:
        return status.state in STILL
    return all(slot.state is SlotState.CLOSED for slot in slots)


def _summary(status: Status, width: int) -> Panel:
    inner = width - 4
    return Panel(
        Group(
            _headline(status),
            ledger_bar(status, inner),
            counts_lines(status, inner),
            _speed(status, inner),
        ),
        box=box.ROUNDED,
        border_style="bright_black",
        title=Text(" pwsync ", style="bold"),
        title_align="left",
        width=width,
    )


def _headline(status: Status) -> Table:
    line = Table.grid(expand=True)
    line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    line.add_column(justify="right", no_wrap=True)
    left = Text(f"run {status.run_id}", style="bold", no_wrap=True, overflow="ellipsis")
    left.append(f"  {words.harmless(status.label)}  {status.database}", style="bright_black")
    right = Text(status.state, style=STATE_STYLES.get(status.state, ""))
    right.append(f"  {words.clock(status.elapsed)}", style="bright_black")
    line.add_row(left, right)
    return line


def ledger_bar(status: Status, width: int) -> Text:
    """One bar for the whole run: every outcome in its colour, what is left in grey."""
    tail = f" {status.settled:,}/{status.planned:,}"
    cells = max(10, width - len(tail))
    bar = Text(no_wrap=True)
    used = 0
    seen = 0
    for word in (*words.GOOD, *words.BAD, *words.IDLE, "leased"):
        seen += status.counts.get(word, 0)
        end = round(cells * seen / status.planned) if status.planned else 0
        bar.append("━" * (end - used), style=words.STYLES[word])
        used = end
    bar.append("─" * (cells - used), style="bright_black")
    return bar.append(tail, style="bold")


def counts_lines(status: Status, width: int) -> Text:
    """Every word that has a count, the good ones first, broken between words only."""
    lines = [Text()]
    for word in (*words.GOOD, *words.BAD, *words.IDLE, *words.WAITING):
        if number := status.counts.get(word, 0):
            style = words.STYLES[word]
            pair = Text.assemble((f"{word} ", "bright_black"), (f"{number:,}   ", style))
            if lines[-1].cell_len + len(pair.plain.rstrip()) > width:
                lines.append(Text())
            lines[-1].append_text(pair)
    return Text("\n").join(lines)


def _speed(status: Status, width: int) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{status.rate:.1f}/s ", style="bold")
    line.append(words.sparkline(status.history, max(8, width - 62)), style="green")
    line.append("  median ", style="bright_black").append(words.seconds(status.median))
    line.append("  p95 ", style="bright_black").append(words.seconds(status.p95))
    if status.settled < status.planned:
        line.append("  left ", style="bright_black").append(words.clock(status.seconds_left))
    return line


def _slots(status: Status, lines: int) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", style="bright_black", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, min_width=9)
    table.add_column(no_wrap=True, min_width=13)
    table.add_column(justify="right", style="bright_black", no_wrap=True, min_width=7)
    table.add_column(justify="right", style="bright_black", no_wrap=True, min_width=9)
    for slot in status.pool.slots[:lines]:
        table.add_row(*_slot(slot, status.now))
    if hidden := len(status.pool.slots) - lines:
        table.add_row("", "", Text(f"and {hidden} more", style="bright_black"), "", "", "")
    return table


def _slot(slot: SlotStatus, now: float) -> tuple[RenderableType, ...]:
    mark, style = SLOT_STYLES[slot.state]
    busy = slot.state not in (SlotState.IDLE, SlotState.CLOSED)
    return (
        f" {slot.number}",
        Text(mark, style=style),
        Text(slot.state.value, style=style),
        Text(slot.label if busy else ""),
        f"{max(0.0, now - slot.since):.1f} s" if busy else "",
        f"{slot.pages} pages",
    )


def _events(events: tuple[Event, ...], lines: int) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(style="bright_black", no_wrap=True)
    table.add_column(no_wrap=True, min_width=10)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", style="bright_black", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for event in reversed(events[-lines:]):
        table.add_row(*event_cells(event))
    return table


def event_cells(event: Event) -> tuple[RenderableType, ...]:
    """One event as cells: when, word, item, how long, text."""
    return (
        event.at.astimezone().strftime(" %H:%M:%S"),
        Text(event.word, style=words.STYLES.get(event.word, "")),
        event.name,
        f"{event.seconds:.2f} s",
        words.foreign(event.text, style="bright_black" if event.word in words.GOOD else ""),
    )


def _beside(left: Table, right: Table) -> Table:
    body = Table.grid(expand=True, padding=(0, 2))
    body.add_column(no_wrap=True)
    body.add_column(ratio=1)
    body.add_row(left, right)
    return body


def _foot(status: Status) -> Table:
    pool = status.pool
    left = Text(style="bright_black")
    if held := words.slots(pool):  # first, since a narrow terminal cuts the line's end
        left.append(f" {held} ", style="yellow")
    left.append(f" {pool.engine.partition('.')[0] or 'no browser yet'}")
    if pool.memory_mb is not None:
        left.append(f"  {pool.memory_mb} MB")
    if pool.browser_starts > 1:
        left.append(f"  {pool.browser_starts} starts")
    if pool.engine and not pool.sandboxed:
        left.append("  sandbox off", style="yellow")
    right = Text(f"{status.hint} ", style="bright_black")
    if status.notice:
        right = Text(f"{words.harmless(status.notice)} ", style="bold yellow")
    line = Table.grid(expand=True)
    line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    line.add_column(justify="right", no_wrap=True, overflow="ellipsis")
    line.add_row(left, right)
    return line
