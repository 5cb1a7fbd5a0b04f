"""The tallies in the database: what several workers count there, and what an alarm does to a run."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.extract.base import FieldMissing
from app.items import Status
from app.quality import books
from app.runs.opening import open_run
from app.runs.outcomes import RunState
from app.runs.states import read_run, resume
from app.store.engine import transact
from tests import samples


def run_of(engine, count=3):
    return open_run(engine, samples.intake(count), kind="test", attempts=3).id


def read(engine, run_id, items, *, before=False, realm=""):
    """Count pages, one transaction each; the alarms there were."""
    alarms = []
    for item in items:
        known = item if before is True else before or None
        alarms.append(transact(engine, lambda c, i=item, k=known: books.note_read(c, run_id, realm, i, k)))  # fmt: skip
    return [one for one in alarms if one]


def items(count, **changes):
    """Pages of as many sellers."""
    return [
        samples.item(
            f"6{number:011}",
            supplier={"member_id": f"b2b-{number % 40}"},
            **changes,
        )
        for number in range(1, count + 1)
    ]


def test_what_was_told_is_counted_by_layout_and_field(engine):
    run = run_of(engine)
    read(engine, run, items(3) + items(1, images=[]))
    found = books.quality_of(engine, run)
    told = {one.mark: (one.told, one.pages, one.before) for one in found.fields}
    assert found.pages == 4
    assert told["title"] == (4, 4, None)
    assert told["images"] == (3, 4, None)


def test_a_field_that_is_told_no_more_pauses_the_run_with_the_reason(engine):
    read(engine, run_of(engine), items(60))
    run = run_of(engine)
    assert read(engine, run, items(40)) == []
    alarms = read(engine, run, items(8, images=[]))
    assert [one.mark for one in alarms] == ["images"]
    found = read_run(engine, run)
    assert found.state is RunState.PAUSED
    assert found.reason.startswith("drift: layout ")
    assert "field images: told by at least 9" in found.reason
    assert [one.mark for one in books.quality_of(engine, run).fields if one.suspect] == ["images"]


def test_what_was_suspect_is_in_no_baseline_and_repaired_pages_go_on(engine):
    read(engine, run_of(engine), items(60))
    run = run_of(engine)
    assert read(engine, run, items(8, images=[]))
    resume(engine, run)
    assert read(engine, run, items(60)) == []
    later = run_of(engine)
    assert len(read(engine, later, items(8, images=[]))) == 1


def test_what_a_person_accepted_is_normal_from_then_on(engine):
    read(engine, run_of(engine), items(60))
    run = run_of(engine)
    assert read(engine, run, items(8, images=[]))
    assert books.accept(engine, run) == ["images"]
    resume(engine, run)
    assert read(engine, run, items(60, images=[])) == []
    later = run_of(engine)
    assert read(engine, later, items(60, images=[])) == []
    alarms = read(engine, later, items(20, images=[], attributes=[]))
    assert alarms[0].mark.startswith("attributes")


def test_a_replica_is_no_baseline_of_the_real_site(engine):
    read(engine, run_of(engine), items(60), realm="replica:")
    assert read(engine, run_of(engine), items(30, images=[])) == []


def test_pages_refused_all_at_once_are_an_alarm_and_one_in_ten_is_none(engine):
    def refuse(run):
        error = FieldMissing("the page tells no title", rule="missing", field="title")
        error.layout = items(1)[0].layout
        return transact(engine, lambda c: books.note_refused(c, run, "", error))

    often = run_of(engine)
    for number in range(60):
        assert not (refuse(often) if number % 10 == 0 else read(engine, often, items(1)))
    assert read_run(engine, often).state is RunState.OPEN
    found = next(alarm for alarm in (refuse(often) for _ in range(10)) if alarm)
    assert found.mark == "FieldMissing missing title"
    assert ", pages refused: FieldMissing missing title" in read_run(engine, often).reason


@pytest.mark.parametrize("change", [{"images": []}, {"price_min": "0.09", "price_max": "0.19"}])
def test_known_offers_are_compared_with_themselves(engine, change):
    run = run_of(engine)
    alarms = []
    for item in items(10):
        now = item.model_validate(item.model_dump() | change | {"price_tiers": []})
        alarms += read(engine, run, [now], before=item)
    assert len(alarms) >= 1
    assert read_run(engine, run).state is RunState.PAUSED


def test_offers_that_come_back_have_lost_nothing(engine):
    """That they were off the shelf no page of their layout told: it was noted when they were gone."""
    run = run_of(engine)
    for item in items(40):
        gone, back = (
            item.model_copy(update={"status": one}) for one in (Status.OFF_SHELF, Status.UNKNOWN)
        )
        assert read(engine, run, [back], before=gone) == []


def test_every_page_of_several_workers_is_counted_once(engine):
    run = run_of(engine)
    with ThreadPoolExecutor(4) as workers:
        alarms = list(workers.map(lambda part: read(engine, run, part), [items(15)] * 4))
    assert alarms == [[]] * 4
    found = books.quality_of(engine, run)
    assert found.pages == 60
    assert {one.told for one in found.fields if one.mark == "title"} == {60}
