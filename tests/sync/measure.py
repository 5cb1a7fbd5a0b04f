"""What the ledger and the store cost an offer: claim, compare, store, settle, without a page.

    python -m tests.sync.measure [--offers 2000] [--database URL] [--profile FILE]

Three rounds over the same offers: all are new, none has changed, about a third has. Each offer goes
the way that a sync goes (`app.sync.keep` from the item on, no archive and no pictures). Prints
milliseconds an offer by round, wall clock and this process's own processor time, with the share of
each part. `--profile` writes what cProfile saw of the second round.
"""

import argparse
import cProfile
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from app.extract.base import Invalid
from app.items import OfferItem
from app.quality import books, plausible
from app.refs import Intake, OfferRef
from app.runs.claims import Claim, claim
from app.runs.opening import open_run
from app.runs.outcomes import Outcome, Stored
from app.runs.settling import commit
from app.store import offers
from app.store.before import look
from app.store.engine import open_engine
from app.store.offers import Observation
from app.store.schema import migrate
from tests.filled import items

BATCH = 8
"""Items claimed at once, as a worker with eight contexts does."""
ROUNDS = (("created", 1), ("unchanged", 1), ("a third changed", 2))


@dataclass
class Clock:
    """Seconds by part, of the wall and of this process."""

    wall: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    own: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        began, spent = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.wall[name] += time.perf_counter() - began
            self.own[name] += time.process_time() - spent


def stored(conn: Connection, one: Claim, item: OfferItem, clock: Clock) -> Stored:
    """What `app.sync.keep` does within its transaction."""
    at = datetime.now(UTC)
    seen = Observation(run_id=one.run_id, token=one.token, observed_at=at, view="")
    with clock.part("load"):
        known = look(conn, item)
        before = known.shown_to(seen.view)
    with clock.part("compare"), suppress(Invalid):
        plausible.refuse(item, before)
    with clock.part("save"):
        saved = offers.save(conn, item, seen, known)
    with clock.part("tally"):
        books.note_read(conn, one.run_id, "measured", item, before)
    return Stored(outcome=Outcome(saved.change))


def work(engine: Engine, run_id: int, made: dict[str, OfferItem], clock: Clock) -> None:
    """All items of a run, as one slot settles them."""
    while True:
        with clock.part("claim"):
            taken = claim(engine, run_id, BATCH, owner="measure", lease_seconds=60)
        if not taken:
            return
        for one in taken:
            with clock.part("whole"):
                commit(
                    engine,
                    one,
                    lambda conn, one=one: stored(conn, one, made[one.offer_id], clock),
                )


def measured(engine: Engine, count: int, epoch: int, profile: cProfile.Profile | None) -> Clock:
    """A run over the generator's offers."""
    made = {key: one for key, one in items(count, epoch=epoch) if not isinstance(one, str)}
    intake = Intake(accepted=tuple(OfferRef(offer_id=key) for key in made))
    run = open_run(engine, intake, kind="sync", label="measured")
    clock = Clock()
    with profile or nullcontext():
        work(engine, run.id, made, clock)
    clock.wall["settle"] = clock.wall["whole"] - sum(
        clock.wall[name] for name in ("load", "compare", "save", "tally")
    )
    clock.own["settle"] = clock.own["whole"] - sum(
        clock.own[name] for name in ("load", "compare", "save", "tally")
    )
    for clocked in (clock.wall, clock.own):
        clocked["whole"] += clocked["claim"]
        for name in clocked:
            clocked[name] *= 1000 / len(made)
    return clock


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--offers", type=int, default=2000)
    parser.add_argument("--database")
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pwsync-measure-") as folder:
        engine = open_engine(given.database or f"sqlite:///{folder}/pwsync.db", pool_size=1)
        migrate(engine)
        names = ("claim", "load", "compare", "save", "tally", "settle", "whole")
        sys.stdout.write(f"{'ms an offer':<18}{''.join(f'{each:>9}' for each in names)}\n")
        for number, (label, epoch) in enumerate(ROUNDS):
            profile = cProfile.Profile() if given.profile and number == 1 else None
            clock = measured(engine, given.offers, epoch, profile)
            for kind, clocked in (("", clock.wall), ("  of it processor", clock.own)):
                figures = "".join(f"{clocked[name]:>9.2f}" for name in names)
                sys.stdout.write(f"{kind or label:<18}{figures}\n")
            if profile:
                profile.dump_stats(given.profile)
        engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
