"""Rings for runs that have work and too few workers, parked ones whose time has come among them;
closes those where only that was left.

Redis may have lost every bell, a worker may have died: the ledger knows, and this reads it. Cheap,
and harmless when several do it at once.
"""

from collections.abc import Callable
from math import ceil

from redis import Redis
from sqlalchemy import Engine

from app.jobs import beacons, doorbell
from app.jobs.beacons import Beacon
from app.profiles.values import GUEST
from app.runs.due import Due, due_runs
from app.runs.parking import wake
from app.runs.states import Run, close_if_finished

REST_SECONDS = 15


def reconcile(
    engine: Engine, connection: "Redis", *, fits: Callable[[Run], bool] = lambda _: True
) -> list[int]:
    """Ring where work is due and not called for; the ids of the runs rung for.

    `fits` leaves out runs that are not for the workers here. Raises DatabaseUnavailable,
    RedisUnavailable.
    """
    wake(engine)
    found = due_runs(engine)
    for one in found:
        if not one.unfinished:
            close_if_finished(engine, one.run.id)
    due = [one for one in found if one.items and fits(one.run) and not _rests(connection, one)]
    workers = beacons.seen(connection) if due else []
    return [one.run.id for one in due if _call(connection, one, workers)]


def _call(connection: "Redis", due: Due, workers: list[Beacon]) -> int:
    run = due.run
    answering = sum(worker.run_id == run.id for worker in workers)
    wanted = 1 if is_alone(run) else bells_wanted(due.items, workers)
    bells = wanted - answering
    if bells <= 0:
        return 0
    priority = priority_of(run)
    return doorbell.ring(connection, run.id, priority=priority, label=run.label, bells=bells)


def is_alone(run: Run) -> bool:
    """Whether one worker at a time may be at a run: a profile with cookies is one process's."""
    return run.options.get("profile") not in (None, GUEST)


def bells_wanted(items: int, workers: list[Beacon]) -> int:
    """As many workers as there are, but none that would find all items taken; at least one."""
    slots = max(1, min((worker.slots for worker in workers), default=1))
    return max(1, min(len(workers), ceil(items / slots)))


def priority_of(run: Run) -> str:
    """The priority a run was opened with."""
    wanted = run.options.get("priority")
    return wanted if wanted in doorbell.PRIORITIES else "default"


def rank_of(run: Run) -> int:
    """The place of a run's priority, 0 for the most urgent."""
    return doorbell.PRIORITIES.index(priority_of(run))


def rest(connection: "Redis", run_id: int) -> None:
    """Leave a run alone for a moment: a worker failed at it, and would at once again."""
    with doorbell.reached(connection):
        connection.set(f"pwsync:rest:{run_id}", 1, ex=REST_SECONDS)


def _rests(connection: "Redis", due: Due) -> bool:
    with doorbell.reached(connection):
        return bool(connection.exists(f"pwsync:rest:{due.run.id}"))
