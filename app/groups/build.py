"""Bringing groups up to date: look at offers, compare what is new, group anew what that touches.

Each step is a state of a row in `group_trait`; a build that is killed goes on where it was, and
what did not change is not compared again. Memory: one portion of offers, and the largest product.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection, Engine, func, select

from app.groups import rows
from app.groups.evidence import DOUBTFUL, RULES, SURE, Comparison, Rule, compare
from app.groups.features import Features
from app.groups.union import Group, Pair, groups
from app.store.engine import consult, transact

PAGE, PORTION = 200, 20
"""Offers of one transaction: that are looked at, that are compared."""
REMEMBERED = 4000
"""Features that are kept at hand."""
AT_ONCE = 500
"""Ids in one statement."""

Tell = Callable[[str, int, int | None], None]
"""Told of each step: its name, how many offers it is on by, of how many in all."""


@dataclass(kw_only=True, slots=True)
class Built:
    """What a build did."""

    looked_at: int = 0
    compared: int = 0
    pairs: int = 0
    """Of offers that were compared."""
    regrouped: int = 0


def build(
    engine: Engine,
    *,
    seconds: float | None = None,
    rules: Collection[Rule] = RULES,
    tell: Tell = lambda *_: None,
) -> Built:
    """Bring all groups up to date; with `seconds`, look only at what changed within so long.

    Raises StoreError.
    """
    building = _Building(engine, tuple(rules), tell)
    building.look(seconds)
    building.compare()
    building.regroup()
    return building.built


@dataclass(kw_only=True, slots=True)
class Known:
    """The features of offers, the latest used ones remembered."""

    _kept: "OrderedDict[str, Features]" = field(default_factory=OrderedDict)

    def of(self, conn: Connection, offer_ids: Iterable[str]) -> dict[str, Features]:
        """The features of these offers; those that were never looked at are left out."""
        wanted = sorted(set(offer_ids), key=int)
        missing = [each for each in wanted if each not in self._kept]
        for start in range(0, len(missing), AT_ONCE):
            self._kept |= rows.traits_of(conn, missing[start : start + AT_ONCE])
        found = {each: self._kept[each] for each in wanted if each in self._kept}
        for each in found:
            self._kept.move_to_end(each)
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        return found


class _Building:
    def __init__(self, engine: Engine, rules: tuple[Rule, ...], tell: Tell) -> None:
        self._engine, self._rules, self._tell = engine, rules, tell
        self._known = Known()
        self.built = Built()

    def look(self, seconds: float | None) -> None:
        """Note what is new of offers."""
        last = "0"
        total = None if seconds is not None else consult(self._engine, _count_offers)
        while found := consult(
            self._engine, partial(rows.offers_after, last=last, count=PAGE, seconds=seconds)
        ):
            transact(self._engine, partial(rows.renew, told=found))
            last = found[-1].offer_id
            self.built.looked_at += len(found)
            self._tell("looking at offers", len(found), total)

    def compare(self) -> None:
        """Compare what is new with what has a mark in common with it."""
        total = consult(self._engine, partial(rows.count_in, state=rows.COMPARE))
        while done := transact(self._engine, self._compare_some):
            self.built.compared += len(done)
            self.built.pairs += sum(done)
            self._tell("comparing", len(done), total)

    def _compare_some(self, conn: Connection) -> list[int]:
        """How many others each offer of a portion was compared with."""
        mine = rows.waiting(conn, rows.COMPARE, PORTION)
        counts, touched = [], set(mine)
        for offer_id, own in self._known.of(conn, mine).items():
            others = self._known.of(conn, rows.candidates_of(conn, own))
            found = {each: compare(own, other, self._rules) for each, other in others.items()}
            touched |= rows.save_pairs(conn, offer_id, found)
            counts.append(len(found))
        rows.move(conn, mine, rows.DONE)
        rows.move(conn, touched, rows.REGROUP)
        return counts

    def regroup(self) -> None:
        """Group anew what has other pairs now."""
        total = consult(self._engine, partial(rows.count_in, state=rows.REGROUP))
        while done := transact(self._engine, self._regroup_some):
            self.built.regrouped += done
            self._tell("grouping", done, total)

    def _regroup_some(self, conn: Connection) -> int:
        started = rows.waiting(conn, rows.REGROUP, PORTION * 5)
        seen: set[str] = set()
        for offer_id in started:
            if offer_id not in seen:
                seen |= regroup(conn, offer_id, self._known, self._rules)
        return len(started)


def _count_offers(conn: Connection) -> int:
    return conn.scalar(select(func.count()).select_from(rows.OFFER)) or 0


def regroup(
    conn: Connection, offer_id: str, known: Known, rules: Collection[Rule] = RULES
) -> set[str]:
    """Group anew all that an offer hangs together with; which offers that are."""
    members, links = _component(conn, offer_id)
    features = known.of(conn, members)

    def alike(one: str, other: str) -> float:
        if one not in features or other not in features:
            return 0.0
        return compare(features[one], features[other], tuple(rules)).confidence

    found = groups(
        {key: each.confidence for key, each in links.items() if _holds(each)},
        accepted=[key for key, each in links.items() if each.verdict == rows.ACCEPTED],
        rejected=[key for key, each in links.items() if each.verdict == rows.REJECTED],
        alike=alike,
        least=DOUBTFUL,
    )
    several = [group for group in found if _has_several(group, features)]
    for some in _portions(members):
        rows.save_groups(conn, some, ())
        rows.move(conn, some, rows.DONE)
    rows.save_groups(conn, (), several)
    return members


def _holds(each: rows.Doubt) -> bool:
    return each.verdict is None and each.confidence >= SURE


def _component(conn: Connection, offer_id: str) -> tuple[set[str], dict[Pair, rows.Doubt]]:
    """The offers that sure or accepted pairs lead to, or that were of one group so far."""
    members, border = {offer_id}, {offer_id}
    links: dict[Pair, rows.Doubt] = {}
    while border:
        found: set[str] = set()
        for some in _portions(border):
            pairs = rows.pairs_of(conn, some)
            links |= {each.pair: each for each in pairs}
            held = (each for each in pairs if _holds(each) or each.verdict == rows.ACCEPTED)
            found |= {side for each in held for side in each.pair}
            so_far = set(rows.groups_of(conn, some).values())
            found |= {each for ids in rows.members_of(conn, so_far).values() for each in ids}
        border = found - members
        members |= border
    return members, links


def _portions(offer_ids: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(offer_ids, key=int)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))


def _has_several(group: Group, features: dict[str, Features]) -> bool:
    """Whether it has two suppliers; one shop's own twins are no choice for a buyer."""
    known = {each: features[each].supplier for each in group.members if each in features}
    return len({known.get(each) or each for each in group.members}) > 1


def weigh(conn: Connection, one: str, other: str, known: Known) -> Comparison | None:
    """How two offers compare; None if one of them was never looked at."""
    found = known.of(conn, (one, other))
    return compare(found[one], found[other]) if len(found) == len({one, other}) else None
