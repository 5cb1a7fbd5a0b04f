"""`window.__INIT_DATA`: a state whose parts are components keyed by meaningless numbers.

Shared by its two layouts. Components are found by the end of their type name, because the numbers
differ from template to template and the beginnings from vertical to vertical.
"""

import re
from typing import Any

from app.extract.carriers import Page
from app.extract.paths import Root, Tree

CARRIER = "window.__INIT_DATA"
MARKS = (b"__INIT_DATA=", b"__INIT_DATA =")
_ASSIGNED = re.compile(rb"__INIT_DATA\s*=\s*(?=\{)")
_MOBILE = "@ali/cmod-"


def find_state(page: Page) -> Any:
    """The state, embedded or as the whole document, or None."""
    state = page.once(CARRIER, lambda: page.object_after(_ASSIGNED))
    if state is None:
        state = page.bare_state
    if isinstance(state, dict) and isinstance(state.get("globalData"), dict):
        return state
    return None


def is_mobile(state: Any) -> bool:
    """Whether it was served to a phone: the two families of components never mix."""
    return any(kind.startswith(_MOBILE) for kind, _, _ in _typed(state))


def roots(state: Any, suffixes: tuple[str, ...]) -> dict[str, Root]:
    """`G` for the global part and each suffix for its component's own record."""
    tree = Tree(state)
    found = {"G": Root(carrier=CARRIER, tree=tree, path="$.globalData")}
    for kind, number, filled in _typed(state):
        for suffix in suffixes:
            if filled and kind.endswith(f"-{suffix}") and suffix not in found:
                found[suffix] = Root(carrier=CARRIER, tree=tree, path=f"$.data.{number}.data")
    return found


def _typed(state: Any) -> list[tuple[str, str, bool]]:
    """(type, number, whether it holds something) of each component; many are `{}` or null."""
    parts = state.get("data")
    return [
        (str(part["componentType"]), number, bool(part.get("data")))
        for number, part in (parts.items() if isinstance(parts, dict) else ())
        if isinstance(part, dict) and part.get("componentType")
    ]
