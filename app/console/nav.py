"""The places of the console, in the order of its menu."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An entry of the menu."""

    path: str
    name: str
    """In English; templates translate it."""
    icon: str
    """Name of a symbol in `icons.svg`."""
    key: str
    """With `g` before it, the key that leads there."""
    admin: bool = False


PLACES = (
    Place(path="/", name="Overview", icon="home", key="h"),
    Place(path="/runs", name="Runs", icon="runs", key="r"),
    Place(path="/runs/new", name="New run", icon="plus", key="n"),
    Place(path="/offers", name="Offers", icon="offers", key="o"),
    Place(path="/changes", name="Changes", icon="changes", key="c"),
)
