"""Items built again from the archive: nothing visited, shown first, older never over newer."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from app import models
from app.archive import files
from app.archive.reading import Wanted
from app.archive.values import RecordLost
from app.cli.main import app
from app.extract import registry
from app.extract.base import Gone
from app.extract.layouts import context, init_data_desktop
from app.models import table
from app.reextract.differences import GONE, NEW
from app.reextract.pages import snapshot_of
from app.reextract.spool import Repair, Spool
from app.reextract.survey import size, survey
from app.reextract.writing import write
from app.runs.audit import audit
from app.runs.counts import counts
from app.store import offers
from app.store.engine import reading, transact
from tests.archive.conftest import PAGES, offer_of, saved_pages
from tests.samples import NOON, item

ATTEMPT = table(models.Attempt)


def stored(desk, offer_id):
    with reading(desk.engine) as conn:
        return offers.load(conn, offer_id)


def look(desk, spool=None, *, only=(), processes=1, **wanted):
    if spool is None:
        with Spool() as own:
            return look(desk, own, only=only, processes=processes, **wanted)
    return survey(
        desk.engine,
        desk.archive.folder,
        Wanted(**wanted),
        spool,
        only=only,
        processes=processes,
    )


def repair(desk, *, only=(), **wanted):
    with Spool() as spool:
        found = look(desk, spool, only=only, **wanted)
        return found, write(desk.engine, spool, owner="test", label="repair", options={})


def renamed(payload, old, new):
    assert old in payload
    return payload.replace(old, new)


def without_unit(payload):
    """The page since the site calls the unit something else."""
    return renamed(payload, b'"unit":', b'"saleUnit":').replace(b'"offerUnit":', b'"saleUnit":')


@pytest.fixture
def drifted(desk, pages):
    """Offers of all layouts; of one the site has renamed a field, which was stored as unknown."""
    one = next(key for key, page in pages.items() if b"window.context=" in page)
    page = without_unit(pages[one])
    desk.visit({**pages, one: page})
    assert stored(desk, one).item.unit is None
    return one


@pytest.fixture
def mended(monkeypatch):
    """The layout with its one line edited."""
    monkeypatch.setitem(context.TABLE, "unit", (*context.TABLE["unit"], "M.tradeModel.saleUnit"))


def test_pages_that_say_what_is_stored_change_nothing(desk, pages):
    desk.visit(pages)
    assert size(desk.engine, Wanted()) == len(pages)
    found = look(desk)
    assert (found.pages, found.same, found.different, found.refused) == (len(pages), len(pages), 0, 0)  # fmt: skip
    assert audit(desk.engine) == []


def test_several_processes_find_the_same(lite_desk, pages):
    lite_desk.visit(pages)
    with Spool() as spool:
        found = look(lite_desk, spool, processes=2)
    assert (found.pages, found.same, found.different) == (len(pages), len(pages), 0)


def test_a_renamed_field_is_repaired_by_an_edit_of_its_layout(desk, drifted, mended, pages):
    before = stored(desk, drifted)
    found, run = repair(desk)
    assert (found.different, found.same) == (1, len(pages) - 1)
    assert set(found.fields) == {"unit", "provenance"}
    assert [(one.offer_id, one.before, one.after) for one in found.examples if one.field == "unit"] == [(drifted, None, "件")]  # fmt: skip
    after = stored(desk, drifted)
    assert after.item.unit == "件"
    assert after.item.provenance["unit"].path.endswith(".saleUnit")
    assert after.item.model_copy(update={"unit": None, "provenance": before.item.provenance}) == before.item  # fmt: skip
    assert (after.observed_at, after.run_id) == (before.observed_at, run.id)
    done = counts(desk.engine, run.id)
    assert (done.run.kind, done.run.state, done.planned, done.by_state) == (
        "reextract", "done", 1, {"unchanged": 1},
    )  # fmt: skip
    assert audit(desk.engine) == [], "what was unknown is no change of the offer"
    assert look(desk).different == 0, "and it stays repaired"


def test_what_is_only_looked_at_is_not_written(desk, drifted, mended):
    before = stored(desk, drifted)
    with Spool() as spool:
        assert look(desk, spool).different == 1
        assert [one.offer_id for one in spool] == [drifted]
    assert stored(desk, drifted) == before


def test_a_page_that_no_layout_read_is_read_after_the_edit(desk, pages, monkeypatch):
    one = next(key for key, page in pages.items() if b"window.context=" in page)
    moved = renamed(pages[one], b'"subject":', b'"subjectText":')
    moved = moved.replace(b'"title":', b'"titleText":').replace(
        b'"offerTitle":', b'"offerTitleText":'
    )
    desk.visit({one: moved})
    assert stored(desk, one) is None
    [record] = desk.records()
    assert look(desk).refused == 1
    monkeypatch.setitem(
        context.TABLE, "title", (context.TABLE["title"][0], "M.offerDetail.subjectText")
    )
    found, _ = repair(desk)
    assert dict(found.fields) == {NEW: 1}
    assert stored(desk, one).observed_at == record.observed_at
    assert audit(desk.engine) == []


def test_a_wall_after_the_page_is_passed_over(desk, drifted, mended):
    desk.visit({drifted: (PAGES / "refused" / "login.html").read_bytes()})
    found, _ = repair(desk)
    assert stored(desk, drifted).item.unit == "件"
    assert found.refused == 0


def test_what_was_read_from_a_newer_page_is_let_alone(desk, drifted, mended, pages):
    known, desk.archive = desk.archive, None
    newer = without_unit(pages[drifted])
    desk.visit({drifted: newer})
    desk.archive = known
    before = stored(desk, drifted)
    found, _ = repair(desk)
    assert (found.newer, found.different) == (1, 0)
    assert stored(desk, drifted) == before


def test_a_newer_page_that_came_while_the_person_thought_is_let_alone(desk, drifted, mended, pages):
    with Spool() as spool:
        look(desk, spool)
        desk.visit({drifted: without_unit(pages[drifted]).replace(b"saleUnit", b"other")})
        before = stored(desk, drifted)
        run = write(desk.engine, spool, owner="test", label="", options={})
    assert stored(desk, drifted) == before
    assert counts(desk.engine, run.id).by_state == {"skipped": 1}
    assert audit(desk.engine) == []


def test_only_the_named_fields_are_written(desk, drifted, mended, monkeypatch):
    title = context.TABLE["title"]
    monkeypatch.setitem(context.TABLE, "title", (lambda _: "another title", *title[1:]))
    before = stored(desk, drifted)
    assert "title" in look(desk).fields
    found, _ = repair(desk, only=("unit",), keys=[drifted])
    assert set(found.fields) == {"unit", "provenance"}
    after = stored(desk, drifted).item
    assert (after.unit, after.title) == ("件", before.item.title)
    assert after.provenance["title"] == before.item.provenance["title"]
    assert audit(desk.engine) == []


def test_a_field_that_does_not_fit_the_others_is_refused(desk, drifted, monkeypatch):
    reading_of = context.TABLE["sku_axes"][0]
    monkeypatch.setitem(
        context.TABLE,
        "sku_axes",
        (lambda node: [axis | {"name": "other"} for axis in reading_of(node)], *context.TABLE["sku_axes"][1:]),
    )  # fmt: skip
    if not stored(desk, drifted).item.skus:
        pytest.fail("the page was to have SKUs")
    found, _ = repair(desk, only=("sku_axes",), keys=[drifted])
    assert (found.refused, found.different) == (1, 0)
    assert "does not fit" in found.refusals[0].refusal.message


def test_a_layout_that_knows_less_than_before_is_told_first(desk, drifted, monkeypatch):
    monkeypatch.setitem(context.TABLE, "title", (context.TABLE["title"][0], "M.nowhere"))
    found = look(desk)
    assert found.unlearned >= 1
    assert found.refusals[0].was_read
    assert found.refusals[0].refusal.field == "title"
    _, run = repair(desk)
    assert counts(desk.engine, run.id).planned == 0
    assert audit(desk.engine) == []


def test_an_offer_that_is_gone_stays_so_until_the_rule_is_edited(desk, pages, monkeypatch):
    one = next(iter(pages))
    desk.visit({one: pages[one]})
    off_shelf = (PAGES / "refused" / "off_shelf.html").read_bytes()
    desk.visit({one: off_shelf})
    assert stored(desk, one).gone == "off_shelf"
    assert look(desk).same == 1
    monkeypatch.setattr("app.extract.gone._SAYS", ())
    assert look(desk).refused == 1, "it has no state: not gone is not yet an item"
    monkeypatch.undo()
    kept = stored(desk, one).observed_at
    desk.clock += timedelta(hours=1)
    desk.visit({one: pages[one]})
    monkeypatch.setattr(registry, "refuse_gone", refuse_all)
    found, _ = repair(desk)
    assert dict(found.fields) == {GONE: 1}
    assert stored(desk, one).gone == "deleted"
    assert stored(desk, one).observed_at > kept
    monkeypatch.undo()
    found, _ = repair(desk)
    assert found.fields[GONE] == 1
    assert stored(desk, one).gone is None
    assert audit(desk.engine) == []


def refuse_all(*_):
    raise Gone("everything is gone", rule="deleted")


def test_filters_choose_offers_by_their_newest_page(desk, pages):
    first = desk.visit(pages)
    noon = desk.clock
    one = next(iter(pages))
    desk.visit({one: pages[one]})
    assert look(desk, since=desk.clock).pages == 1
    assert look(desk, until=desk.clock).pages == len(pages) - 1
    assert look(desk, until=noon).pages == 0
    assert look(desk, layout="context").pages == 2
    assert look(desk, keys=[one]).pages == 1
    assert look(desk, run_id=first).pages == len(pages) - 1


def test_a_lost_record_is_told_and_the_others_are_read(lite_desk, pages):
    desk = lite_desk
    desk.visit(pages)
    place = desk.records()[0].place
    path = files.archived(desk.archive.folder)[0]
    with path.open("r+b") as file:
        file.seek(place.offset + 20)
        file.write(b"\0" * 20)
    found = look(desk)
    assert (found.pages, found.lost, found.same) == (len(pages), 1, len(pages) - 1)
    with pytest.raises(RecordLost):
        snapshot_of(desk.archive.folder, desk.records()[0])


def test_description_images_that_were_fetched_stay(desk, drifted, mended):
    known = stored(desk, drifted)
    images = ["https://cbu01.alicdn.com/img/d1.jpg"]
    run_id, token = known.run_id, known.token

    def fetch(conn):
        seen = offers.Observation(run_id=run_id, token=token, observed_at=known.observed_at)
        offers.save(conn, known.item.model_copy(update={"description_images": images}), seen)

    transact(desk.engine, fetch)
    found, _ = repair(desk)
    assert "description_images" not in found.fields
    assert stored(desk, drifted).item.description_images == images


def test_a_spool_gives_back_what_was_put():
    given = [
        Repair(offer_id="1", record_id=1, observed_at=NOON, item=item()),
        Repair(offer_id="2", record_id=2, observed_at=NOON, gone="deleted", view="me"),
    ]
    with Spool() as spool:
        for one in given:
            spool.put(one)
        assert list(spool) == given
        assert list(spool) == given
        assert spool.count == 2


def test_more_offers_than_a_portion_are_written_in_several(desk, pages, monkeypatch):
    monkeypatch.setattr("app.reextract.writing.PORTION", 3)
    monkeypatch.setattr("app.reextract.survey.CHUNK", 2)
    desk.visit(pages)
    transact(desk.engine, lambda conn: conn.execute(text("UPDATE offer SET content_hash = 'x', unit = NULL")))  # fmt: skip
    told = []
    with Spool() as spool:
        assert look(desk, spool).different == len(pages)
        run = write(desk.engine, spool, owner="test", label="", options={}, tell=told.append)
    assert told == [3, 6, 8]
    done = counts(desk.engine, run.id)
    assert (done.planned, done.run.lines_read) == (8, 8)
    assert audit(desk.engine) == []
    with reading(desk.engine) as conn:
        owners = set(conn.scalars(select(ATTEMPT.c.owner).where(ATTEMPT.c.run_id == run.id)))
    assert owners == {"test"}


def test_killed_in_the_middle_the_books_balance_and_the_rest_is_written_later(
    desk, pages, monkeypatch
):
    monkeypatch.setattr("app.reextract.writing.PORTION", 3)
    desk.visit(pages)
    transact(desk.engine, lambda conn: conn.execute(text("UPDATE offer SET content_hash = 'x', unit = NULL")))  # fmt: skip

    def dies(done):
        if done == 6:
            raise KeyboardInterrupt

    with Spool() as spool:
        look(desk, spool)
        with pytest.raises(KeyboardInterrupt):
            write(desk.engine, spool, owner="test", label="", options={}, tell=dies)
    assert audit(desk.engine) == []
    found, _ = repair(desk)
    assert found.different == 2
    assert audit(desk.engine) == []


# -- the command ----------------------------------------------------------------------------------


@pytest.fixture
def command(sqlite_engine, lite_desk, monkeypatch):
    monkeypatch.setenv("PWSYNC_DATA_DIR", str(lite_desk.folder))

    def run(*arguments, **options):
        return CliRunner().invoke(app, ["reextract", "--jobs", "1", *arguments], **options)

    return run


@pytest.fixture
def lite_drifted(lite_desk, pages):
    one = next(key for key, page in pages.items() if b"window.context=" in page)
    lite_desk.visit({**pages, one: without_unit(pages[one])})
    return one


def test_the_command_shows_and_with_n_writes_nothing(command, lite_desk, lite_drifted, mended):
    told = command("-n")
    assert told.exit_code == 0, told.output
    assert "1 differ" in told.output
    assert "unit" in told.output
    assert lite_drifted in told.output
    assert stored(lite_desk, lite_drifted).item.unit is None


def test_the_command_writes_with_y_and_tells_its_run(command, lite_desk, lite_drifted, mended):
    told = command("-y", "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.output)
    assert found["fields"] == {"unit": 1, "provenance": 1}
    assert found["examples"][0] | {"field": ""} == {"offer_id": lite_drifted, "field": "", "before": None, "after": "件"}  # fmt: skip
    assert stored(lite_desk, lite_drifted).run_id == found["run"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "add -y"),
        (["-n", "--layout", "unknown"], "context"),
        (["-n", "--field", "colour"], "title"),
        (["-n", "--since", "yesterday"], "2026-11-05"),
        (["-n", "--offer", "x"], "x"),
    ],
)
def test_what_cannot_be_meant_is_refused(command, arguments, says):
    told = command(*arguments)
    assert told.exception
    assert says in str(told.exception)


def test_pages_that_cannot_be_read_leave_code_three(command, lite_drifted, monkeypatch):
    monkeypatch.setitem(context.TABLE, "title", (context.TABLE["title"][0], "M.nowhere"))
    told = command("-n")
    assert told.exit_code == 3
    assert "read before" in told.output


def test_text_of_a_page_cannot_write_to_the_terminal(command, lite_drifted, monkeypatch):
    monkeypatch.setitem(
        context.TABLE, "title", (lambda _: "\x1b[31m[red]title", *context.TABLE["title"][1:])
    )
    told = command("-n")
    assert "\x1b[31m" not in told.output
    assert "[red]title" in told.output


def test_every_layout_reads_its_archived_pages_as_it_read_them(lite_desk):
    found = {offer_of(path.read_bytes()): path.read_bytes() for path in saved_pages() if path.parent.name != "refused"}  # fmt: skip
    lite_desk.visit(found)
    told = look(lite_desk)
    assert (told.pages, told.same) == (len(found), len(found))
    assert init_data_desktop.LAYOUT.name in {record.layout for record in lite_desk.records()}
