"""What the product asks its database again and again, each as one call of the real function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice

from sqlalchemy import Engine, select

from app import models
from app.filters.hits import hits
from app.filters.parse import parse
from app.filters.search import SORTS, count, search
from app.history.movements import Wanted, movements
from app.history.past import series, version_at
from app.images.holdings import covers
from app.models import table
from app.refs import Intake, OfferRef
from app.runs import audit, claims, counts, due, endings, states
from app.runs.opening import open_run
from app.runs.outcomes import Outcome, Stored
from app.runs.settling import commit
from app.schedule.sources import Ask, StaleOffers
from app.services import known
from app.services.metrics.ledger import of_ledger
from app.services.wanted import Wanted as Input
from app.store import changes, offers
from app.store.clock import now
from app.store.engine import consult, reading
from app.store.facts import Kind
from app.why import why
from tests.samples import seen

OFFER, CHANGE = table(models.Offer), table(models.OfferChange)
Ask_ = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A grown database with a run that goes on over some of its offers."""

    engine: Engine
    ids: tuple[str, ...]
    run_id: int
    past_run: int
    """One that is done."""

    @classmethod
    def of(cls, engine: Engine, items: int) -> "Scene":
        spread = select(OFFER.c.offer_id).order_by(OFFER.c.offer_id)
        with reading(engine) as conn:
            ids = tuple(str(one) for one in conn.scalars(spread.limit(items)))
            past = conn.scalar(select(CHANGE.c.run_id).limit(1))
        run = open_run(engine, Intake(accepted=_refs(ids)), kind="sync")
        return cls(engine=engine, ids=ids, run_id=run.id, past_run=past)


def work(scene: Scene) -> Mapping[str, Ask_]:
    """What a worker does for an offer, and what it asks between two."""
    engine, run_id = scene.engine, scene.run_id
    held: list[claims.Claim] = []

    def claim() -> None:
        held[:0] = claims.claim(engine, run_id, 2, owner="grown", lease_seconds=600)

    def store(price: str | None) -> None:
        one = held.pop()

        def save(conn):
            item = offers.load(conn, one.offer_id).item
            item = item.model_copy(update={"title": f"{item.title} {price}"}) if price else item
            saved = offers.save(conn, item, seen(one.run_id, one.token, at=_now(conn)))
            return Stored(outcome=Outcome(saved.change))

        commit(engine, one, save)

    return {
        "claim 2": claim,
        "renew": lambda: claims.renew(engine, held, lease_seconds=600),
        "store, unchanged": partial(store, None),
        "store, changed": partial(store, "new"),
        "claim 2 again": claim,
        "give back": lambda: claims.give_back(engine, [held.pop()]),
        "next due": lambda: counts.next_due(engine, run_id),
        "due runs": lambda: due.due_runs(engine),
        "close a run": lambda: states.close_if_finished(engine, run_id),
    }


def lists(scene: Scene) -> Mapping[str, Ask_]:
    """Pages of offers and of what changed, as console and API show them."""
    engine, ids = scene.engine, scene.ids[:50]

    def page(where: str, sort: str, *, second: bool = False) -> object:
        with reading(engine) as conn:
            found = search(conn, parse(where), sort=sort)
            if second and found.next:
                found = search(conn, parse(where), sort=sort, after=found.next)
            return hits(conn, found.offer_ids), covers(conn, found.offer_ids)

    return {
        **{f"list by {sort}": partial(page, "", sort) for sort in SORTS},
        **{f"second page by {sort}": partial(page, "", sort, second=True) for sort in SORTS},
        "filter": partial(page, "price<20 stock>=10", "cheap"),
        "search a word": partial(page, "不锈钢", "changed"),
        "count, to 1,000": lambda: _read(engine, lambda conn: count(conn, parse("price<20"))),
        "load 50 offers": lambda: _read(engine, lambda conn: offers.load_many(conn, ids)),
    }


def history(scene: Scene) -> Mapping[str, Ask_]:
    """One offer's past, and what moved over all."""
    engine, one = scene.engine, scene.ids[0]

    def moved(**wanted) -> object:
        with reading(engine) as conn:
            since = _now(conn) - timedelta(days=3650)
            return [*islice(movements(conn, Wanted(since=since, **wanted)), 50)]

    def chart(conn) -> object:
        stored = offers.load(conn, one)
        at = stored.observed_at - timedelta(days=9)
        return series(conn, stored, "price_min"), version_at(conn, stored, at)

    return {
        "latest 50 of an offer": lambda: _read(
            engine, lambda conn: [*islice(changes.of_offer(conn, one), 50)]
        ),
        "versions of its fields": lambda: _read(
            engine, lambda conn: changes.versions_of_fields(conn, one)
        ),
        "chart of an offer": lambda: _read(engine, chart),
        "changes, 50": moved,
        "changes, prices by 5%": partial(moved, kinds=frozenset({Kind.PRICE}), least=5.0),
        "why": lambda: why(engine, one),
    }


def books(scene: Scene) -> Mapping[str, Ask_]:
    """How runs stand, and what is to be done next."""
    engine, run_id = scene.engine, scene.run_id
    refs = Intake(accepted=_refs(scene.ids[:100]))
    ask = Ask(name="nightly", limit=1000, now=_read(engine, _now))
    return {
        "counts of a run": lambda: counts.counts(engine, run_id),
        "reasons of a run": lambda: counts.reasons(engine, run_id),
        "latest runs": lambda: counts.latest_counts(engine, 10),
        "endings lately": lambda: endings.endings_since(engine, run_id, ask.now, limit=500),
        "metrics": lambda: _read(engine, lambda conn: [*of_ledger(conn)]),
        "stale 1,000": lambda: _read(
            engine, lambda conn: StaleOffers(older=timedelta(days=1)).prepare()(conn, ask)
        ),
        "seen lately, of 100": lambda: known.look(engine, Input(intake=refs, skip_seen_hours=24)),
        "audit of a run": lambda: audit.audit(engine, run_id),
    }


def _now(conn):
    return conn.scalar(select(now()))


def _read(engine: Engine, ask):
    return consult(engine, ask)


def _refs(ids: tuple[str, ...]) -> tuple[OfferRef, ...]:
    return tuple(OfferRef(offer_id=one) for one in ids)
