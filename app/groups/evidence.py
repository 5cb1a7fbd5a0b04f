"""How alike two offers are: evidence in points, and the confidence that they are one product. Pure.

Points are natural logarithms of odds and add up from a start of `START`: three more make something
twenty times as likely. They were set by hand for what a buyer would be convinced by, and are held
to a labelled set (`python -m tests.groups.bench`). Nothing depends on what else is stored, so the
same two offers always have the same confidence.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.groups.features import Features
from app.images.hashes import distance

START = -3.5
"""Two offers that a shared mark brought together are seldom one product: 3 in 100."""
SURE = 0.9
"""From here on offers are grouped; below, a person is asked."""
DOUBTFUL = 0.5
"""From here on a pair is worth a person's look."""
WORDS_ALONE = 0.85
"""The most that is reached without a picture or a code in common: sellers copy titles."""
NO_MATTER_WHAT = -9.0
"""Another model, size or number of pieces: the same picture and words do not outweigh it."""
WORDS = 6
"""A title with fewer tells less."""
ALIKE_BITS, SAME_BITS = 6, 2
"""Up to so many bits a picture is the same one, cropped or marked; and the same, re-encoded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One reason for or against."""

    kind: str
    points: float
    text: str
    telling: bool = False
    """Whether it alone can show that it is the same product, not just the same sort."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What speaks for and against two offers selling one product."""

    confidence: float
    evidence: tuple[Evidence, ...]

    def __str__(self) -> str:
        return "; ".join(f"{one.text} ({one.points:+.1f})" for one in self.evidence)


Rule = Callable[[Features, Features], Evidence | None]


def _pictures(one: Features, other: Features) -> Evidence | None:
    if not one.pictures or not other.pictures:
        return None
    fewer, more = sorted((one.pictures, other.pictures), key=len)
    nearest = [min(distance(mine, theirs) for theirs in more) for mine in fewer]
    alike = sum(bits <= ALIKE_BITS for bits in nearest)
    if not alike:
        return Evidence(kind="picture", points=-0.8, text="no picture in common")
    best = min(nearest)
    points = (3.0 if best <= SAME_BITS else 2.2) + 1.0 * min(alike - 1, 2)
    text = f"{alike} of {len(fewer)} pictures alike (nearest: {best} bits)"
    return Evidence(kind="picture", points=points, text=text, telling=True)


def _title(one: Features, other: Features) -> Evidence | None:
    """How much of the shorter title stands in the longer; a few words tell less than many.

    Ideographs are taken two by two, so other words' order alone costs a third of them.
    """
    fewer = min(len(one.words), len(other.words))
    if not fewer:
        return None
    shared = len(one.words & other.words) / fewer
    text = f"titles share {shared:.0%} of their words"
    points = 6 * (shared - 0.45) * min(1, fewer / WORDS)
    return Evidence(kind="title", points=round(points, 2), text=text)


def _model(one: Features, other: Features) -> Evidence | None:
    """A code that both have, wherever; else codes that name models and that differ."""
    mine, theirs = one.models | one.codes, other.models | other.codes
    if same := sorted((mine | one.articles) & (theirs | other.articles)):
        points = 4.5 if mine & theirs else 3.5
        return Evidence(kind="model", points=points, text=f"same code {same[0]}", telling=True)
    if mine and theirs:
        named = one.models and other.models
        first, second = (min(each.models or each.codes) for each in (one, other))
        points = NO_MATTER_WHAT if named else -4.5
        return Evidence(kind="model", points=points, text=f"model {first}, not {second}")
    if one.articles and other.articles:
        return Evidence(kind="model", points=-0.3, text="numbered differently by their sellers")
    return None


def _brand(one: Features, other: Features) -> Evidence | None:
    if one.brand is None or other.brand is None:
        return None
    if one.brand == other.brand:
        return Evidence(kind="brand", points=1.0, text=f"same brand {one.brand}")
    return Evidence(kind="brand", points=-2.5, text=f"brand {one.brand}, not {other.brand}")


def _measure(one: Features, other: Features) -> Evidence | None:
    units = sorted(one.measures.keys() & other.measures.keys())
    for unit in units:
        mine, theirs = one.measures[unit], other.measures[unit]
        if not mine & theirs:
            text = f"{min(mine)} {unit}, not {min(theirs)} {unit}"
            return Evidence(kind="measure", points=NO_MATTER_WHAT, text=text)
    if not units:
        return None
    return Evidence(kind="measure", points=0.7, text=f"same measure in {', '.join(units)}")


def _pack(one: Features, other: Features) -> Evidence | None:
    if one.pack == other.pack:
        several = one.pack > 1
        text = f"{one.pack} pieces together, as the other"
        return Evidence(kind="pack", points=0.7, text=text) if several else None
    mine, theirs = (str(each.pack) if each.pack else "a set" for each in (one, other))
    return Evidence(
        kind="pack", points=NO_MATTER_WHAT, text=f"pieces together: {mine}, not {theirs}"
    )


def _attributes(one: Features, other: Features) -> Evidence | None:
    """Each attribute that both name: a value in common speaks for them, none against."""
    both = one.attributes.keys() & other.attributes.keys()
    same = sum(bool(one.attributes[name] & other.attributes[name]) for name in both)
    differing = sorted(name for name in both if not one.attributes[name] & other.attributes[name])
    if not both:
        return None
    points = min(0.4 * same, 2.0) - min(1.2 * len(differing), 3.6)
    text = f"{same} of {len(both)} attributes agree"
    if differing:
        text += f", not {', '.join(differing[:2])}"
    return Evidence(kind="attributes", points=round(points, 2), text=text)


def _category(one: Features, other: Features) -> Evidence | None:
    if one.category is None or other.category is None:
        return None
    if one.category == other.category:
        return Evidence(kind="category", points=0.5, text="same category")
    return Evidence(kind="category", points=-1.0, text="other category")


RULES: tuple[Rule, ...] = (
    _pictures, _title, _model, _brand, _measure, _pack, _attributes, _category
)  # fmt: skip


def compare(one: Features, other: Features, rules: Sequence[Rule] = RULES) -> Comparison:
    """Weigh all evidence, what tells most first; the order of the two does not matter."""
    if one.offer_id > other.offer_id:
        one, other = other, one
    found = [evidence for rule in rules if (evidence := rule(one, other)) is not None]
    confidence = 1 / (1 + math.exp(-START - sum(evidence.points for evidence in found)))
    if not any(evidence.telling for evidence in found):
        confidence = min(confidence, WORDS_ALONE)
    found.sort(key=lambda evidence: -abs(evidence.points))
    return Comparison(confidence=round(confidence, 4), evidence=tuple(found))
