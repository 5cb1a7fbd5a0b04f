"""The next arrow of a list's pager: finding it, getting it into view, and one true click on it.

Looks are taken in a world of our own, so that the page's scripts meet nothing but a pointer. While
the button goes down and up, what would reach anything but the arrow is stopped: around it stand
advertisements.
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from browsers import behaviour, identity
from browsers.behaviour import Spot
from browsers.tab import Tab
from browsers.values import Arrow

GLANCE = 0.1
"""Seconds between two looks."""

_LOOK = """(next, disabled, across, down) => {
    const arrow = document.querySelector(next);
    if (!arrow) return {state: document.querySelector(disabled) ? "last" : "none"};
    const box = arrow.getBoundingClientRect();
    const x = box.left + box.width * across, y = box.top + box.height * down;
    const top = document.elementFromPoint(x, y);
    return {state: "next", x, y, free: top !== null && arrow.contains(top)};
}"""

_GUARD = """(next) => {
    const arrow = document.querySelector(next);
    const kinds = ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "auxclick"];
    const stop = (event) => {
        if (arrow && arrow.contains(event.target)) return;
        event.preventDefault();
        event.stopImmediatePropagation();
    };
    for (const kind of kinds) addEventListener(kind, stop, true);
    globalThis.unguard = () => { for (const kind of kinds) removeEventListener(kind, stop, true); };
}"""

_UNGUARD = "() => { if (globalThis.unguard) globalThis.unguard(); }"


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What was seen of the pager."""

    state: str
    """`next`, `last` (the arrow is disabled) or `none` (there is no pager)."""
    x: float = 0.0
    y: float = 0.0
    free: bool = False
    """Whether the arrow itself is what lies at this point."""


class Pager:
    """The pager of the page that a tab shows. Waits are bounded by the caller's deadline."""

    def __init__(
        self, tab: Tab, arrow: Arrow, dice: random.Random, *, pointer: Spot | None, is_brisk: bool
    ) -> None:
        self._tab = tab
        self._arrow = arrow
        self._dice = dice
        self._pointer = pointer or (identity.VIEWPORT[0] / 2, identity.VIEWPORT[1] / 2)
        self._is_brisk = is_brisk
        self._place = (dice.uniform(0.3, 0.7), dice.uniform(0.3, 0.7))
        self._at = Look(state="none")

    @property
    def is_missing(self) -> bool:
        """Whether no arrow at all was there when it was looked for last."""
        return self._at.state == "none"

    async def reach(self, patience: float) -> bool:
        """Get the arrow into view and the same twice; False if it is disabled or does not come.

        A pager that is missing for `patience` seconds is none: short lists have no pager.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while True:
            before, self._at = self._at, await self._look()
            if self._at.state == "next" and self._at.free and self._at == before:
                return True
            if self._at.state == "last" and self._at == before:
                return False
            if self._at.state == "none" and loop.time() > end:
                return False
            if self._at.state == "next" and not self._at.free:
                await self._approach()
            await asyncio.sleep(GLANCE)

    async def press(self) -> None:
        """Move the pointer to the arrow and click."""
        mouse, there = self._tab.page.mouse, (self._at.x, self._at.y)
        if not self._is_brisk:
            way = behaviour.way(self._dice, self._pointer, there)
            await behaviour.play(self._tab.page, way)
        self._pointer = there
        await self._tab.look(_GUARD, self._arrow.next)
        try:
            await mouse.move(*there)
            await mouse.down()
            if not self._is_brisk:
                await asyncio.sleep(self._dice.uniform(0.04, 0.12))
            await mouse.up()
        finally:
            await self._tab.look(_UNGUARD)
        self._at = Look(state="none")

    async def _look(self) -> Look:
        told: dict[str, Any] = await self._tab.look(
            _LOOK, self._arrow.next, self._arrow.disabled, *self._place
        )
        return Look(**told)

    async def _approach(self) -> None:
        """Turn the wheel towards the arrow, less than a screen at a time unless in a hurry."""
        _, height = identity.VIEWPORT
        away = self._at.y - height / 2
        if not self._is_brisk:
            reach = height * self._dice.uniform(0.5, 0.9)
            away = max(-reach, min(reach, away))
        await self._tab.page.mouse.wheel(0, away)
