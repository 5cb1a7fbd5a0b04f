"""Looking values up in a state by path, in order of preference, and remembering where they were.

A layout is a table `{fact: (reading, place, place, ...)}`; walking it yields Facts. fastjson's
`{"$ref": "$.a.b[0]"}` is followed on the way, cycles are cut. What facts mean, `assemble` knows.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from app.items import Source

Steps = tuple[str | int, ...]
Reading = Callable[[Any], Any]
Table = Mapping[str, tuple[Any, ...]]
"""`{fact: (reading, place, place, ...)}`, the preferred place first."""

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,6})\]")
_MOST_HOPS = 16
_DEEPEST = 12
_MOST_STEPS = 50_000


@cache
def steps(path: str) -> Steps:
    """`$.a.b[0]` -> ("a", "b", 0)."""
    parts = _STEP.findall(path.removeprefix("$"))
    return tuple(int(index) if index else name for name, index in parts)


class Tree:
    """A parsed state whose references are followed as it is walked.

    Each lookup may take a bounded number of steps: a page can knot references into a maze.
    """

    def __init__(self, root: Any) -> None:
        self.root = root

    def at(self, path: Steps) -> Any:
        """The node there, or None."""
        return self._walk(path, _MOST_HOPS, [_MOST_STEPS])

    def settled(self, node: Any) -> Any:
        """The node with every reference below it replaced; what circles becomes None."""
        return self._settle(node, _DEEPEST, [_MOST_STEPS])

    def _walk(self, path: Steps, hops: int, left: list[int]) -> Any:
        node = self.root
        for step in path:
            left[0] -= 1
            if isinstance(node, dict):
                node = node.get(step)
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                node = node[step]
            else:
                return None
            if type(node) is dict and "$ref" in node:
                node = self._follow(node, hops - 1, left)
        return node

    def _follow(self, node: dict[str, Any], hops: int, left: list[int]) -> Any:
        target = node["$ref"]
        if hops <= 0 or left[0] <= 0 or not isinstance(target, str) or target[:1] != "$":
            return None
        return self._walk(_steps_of_page(target), hops, left)

    def _settle(self, node: Any, depth: int, left: list[int]) -> Any:
        left[0] -= 1
        if not isinstance(node, dict | list):
            return node
        if depth <= 0 or left[0] <= 0:
            return None
        if isinstance(node, list):
            return [self._settle(child, depth - 1, left) for child in node]
        if "$ref" in node:
            return self._settle(self._follow(node, _MOST_HOPS, left), depth - 1, left)
        return {key: self._settle(child, depth - 1, left) for key, child in node.items()}


def _steps_of_page(target: str) -> Steps:
    """Not cached: pages must not be able to fill a cache."""
    return steps.__wrapped__(target[:1000])


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """What a place's first word stands for: a carrier and a node in it."""

    carrier: str
    tree: Tree
    path: str = "$"
    spelling: Mapping[str, str] = field(default_factory=dict)
    """How a place is printed, where its path says too little."""


@dataclass(frozen=True, slots=True)
class Found:
    value: Any
    source: Source


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page tells, by name, each with its source."""

    found: dict[str, Found] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        fact = self.found.get(name)
        return default if fact is None else fact.value

    def source(self, *names: str) -> Source | None:
        """Where these were read; several places give the node that told most of them."""
        sources = [self.found[name].source for name in names if name in self.found]
        if len(sources) <= 1:
            return sources[0] if sources else None
        parents = [(source.carrier, source.path.rpartition(".")[0]) for source in sources]
        chosen = max(parents, key=parents.count)
        if parents.count(chosen) == 1:
            return sources[0]
        return Source.model_construct(carrier=chosen[0], path=chosen[1] or "$")

    def part(self, name: str) -> dict[str, Any]:
        """`part("supplier")` -> {"company_name": ...} of the facts named `supplier.…`."""
        prefix = f"{name}."
        return {
            fact.removeprefix(prefix): found.value
            for fact, found in self.found.items()
            if fact.startswith(prefix)
        }


def walk(table: Table, roots: Mapping[str, Root]) -> Facts:
    """Read every fact of the table from the first place that tells it."""
    facts = Facts()
    for name, (reading, *places) in table.items():
        for place in places:
            found = _look(reading, place, roots)
            if found is not None:
                facts.found[name] = found
                break
    return facts


def _look(reading: Reading, place: str, roots: Mapping[str, Root]) -> Found | None:
    word, rest = _split(place)
    root = roots.get(word)
    if root is None:
        return None
    node = root.tree.at(steps(root.path) + rest)
    if isinstance(node, dict | list):
        node = root.tree.settled(node)
    value = None if node is None else reading(node)
    if value is None or value in ([], {}):
        return None
    path = root.spelling.get(place) or root.path + place[len(word) :]
    return Found(value, Source.model_construct(carrier=root.carrier, path=path))


@cache
def _split(place: str) -> tuple[str, Steps]:
    word = place.partition(".")[0]
    return word, steps(place[len(word) :])
