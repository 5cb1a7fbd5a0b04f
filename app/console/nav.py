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
    chapter: str
    """One of CHAPTERS."""
    admin: bool = False


CHAPTERS = ("Work", "Data", "Trust", "System")
"""Headings of the menu, in its order."""

PLACES = (
    Place(path="/", name="Overview", icon="home", key="h", chapter="Work"),
    Place(path="/runs", name="Runs", icon="runs", key="r", chapter="Work"),
    Place(path="/runs/new", name="New run", icon="plus", key="n", chapter="Work"),
    Place(path="/batches", name="Batches", icon="batches", key="b", chapter="Work"),
    Place(path="/profiles", name="Profiles", icon="profiles", key="p", chapter="Work"),
    Place(path="/offers", name="Offers", icon="offers", key="o", chapter="Data"),
    Place(path="/suppliers", name="Suppliers", icon="suppliers", key="s", chapter="Data"),
    Place(path="/groups", name="Groups", icon="groups", key="w", chapter="Data"),
    Place(path="/changes", name="Changes", icon="changes", key="c", chapter="Data"),
    Place(path="/exports", name="Exports", icon="exports", key="e", chapter="Data"),
    Place(path="/quality", name="Quality", icon="quality", key="y", chapter="Trust"),
    Place(path="/quarantine", name="Quarantine", icon="quarantine", key="q", chapter="Trust"),
    Place(path="/system", name="Health and logs", icon="system", key="l", chapter="System"),
    Place(path="/api/v1/docs", name="API reference", icon="exports", key="a", chapter="System"),
    Place(path="/rq/", name="RQ dashboard", icon="queue", key="j", chapter="System"),
)
