"""An export is whole or not at all, holds what was selected, and goes on where the last one ended."""

import threading
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import func, select

from app.cli import origins
from app.export import work
from app.export.columns import usual
from app.export.formats import csv as csv_format
from app.export.marks import HAD, RUN, exports_of, recent
from app.export.values import ExportError, Per, Written
from app.export.work import ExportTorn
from app.filters.values import FilterError
from app.runs.audit import audit
from app.store.engine import reading, transact
from app.store.offers import mark_gone, save
from app.why import as_document, why
from tests.export.conftest import FIRST, some, store
from tests.export.reading import read_csv
from tests.samples import NOON, item, seen


def ids(path: Path) -> list[str]:
    return [row["offer_id"] for row in read_csv(path)]


def named(*numbers: int) -> list[str]:
    return [str(FIRST + number) for number in numbers]


def count(engine, table) -> int:
    with reading(engine) as conn:
        return conn.scalar(select(func.count()).select_from(table))


def test_rows_are_what_the_selection_says(engine, write, monkeypatch):
    monkeypatch.setattr(work, "PAGE", 7)
    store(engine, *some(20), item(str(FIRST + 30), title="连衣裙", stock=1))
    path, report = write(engine, "csv")
    assert (report.offers, report.rows) == (21, 21)
    assert ids(path) == named(*range(20), 30)
    path, report = write(engine, "csv", where="连衣裙 and stock<5")
    assert ids(path) == named(30)
    path, report = write(engine, "csv", per=Per.SKU, where="not 连衣裙")
    assert (report.offers, report.rows) == (20, 60)
    path, report = write(engine, "csv", limit=3)
    assert ids(path) == named(0, 1, 2)


def test_since_last_holds_what_is_new_or_changed(engine, write):
    store(engine, *some(3))
    assert ids(write(engine, "csv", mark="erp")[0]) == named(0, 1, 2)
    assert ids(write(engine, "csv", mark="erp")[0]) == []
    store(engine, item(str(FIRST + 1), stock=7), item(str(FIRST + 5)), token=2)
    transact(engine, lambda conn: mark_gone(conn, str(FIRST + 2), "deleted", seen(token=3)))
    assert ids(write(engine, "csv", mark="erp")[0]) == named(1, 2, 5)
    assert ids(write(engine, "csv", mark="other")[0]) == named(0, 1, 2, 5)
    assert ids(write(engine, "csv")[0]) == named(0, 1, 2, 5)


def test_an_observation_without_a_change_is_not_exported_again(engine, write):
    store(engine, item())
    write(engine, "csv", mark="erp")
    store(engine, item(sold={"count": 99_999}), token=2)
    assert ids(write(engine, "csv", mark="erp")[0]) == []


def test_what_was_loaded_before_but_stored_after_an_export_is_in_the_next(engine, write):
    store(engine, item())
    write(engine, "csv", mark="erp")
    early = seen(token=2, at=NOON - timedelta(hours=1))
    late = item(str(FIRST + 1))
    transact(engine, lambda conn: save(conn, late, early))
    assert ids(write(engine, "csv", mark="erp")[0]) == named(1)


def test_a_limit_goes_on_with_the_next_ones(engine, write):
    store(engine, *some(5))
    assert ids(write(engine, "csv", mark="erp", limit=2)[0]) == named(0, 1)
    assert ids(write(engine, "csv", mark="erp", limit=2)[0]) == named(2, 3)
    assert ids(write(engine, "csv", mark="erp", limit=2)[0]) == named(4)


class Broken:
    """A writer that writes for a while."""

    def __init__(self, sink, wanted) -> None:
        self.file = sink.file

    def write(self, records):
        self.file.write(b"half")
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        raise AssertionError("never reached")


def test_what_breaks_off_leaves_no_file_and_moves_no_mark(engine, write, monkeypatch, tmp_path):
    store(engine, *some(3))
    monkeypatch.setattr(work, "note", None)
    broken = csv_format.FORMAT.__class__(
        name="broken", suffix=".x", help="", is_text=True, open=Broken
    )
    monkeypatch.setattr("tests.export.conftest.format_of", lambda _: broken)
    with pytest.raises(ExportError, match="cannot be written: No space left"):
        write(engine, "broken", mark="erp")
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []
    assert (count(engine, RUN), count(engine, HAD)) == (0, 0)


def test_a_mark_that_cannot_be_written_leaves_the_file_and_repeats_it(engine, write, monkeypatch):
    store(engine, *some(3))

    def fails(*_, **__):
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(work, "note", fails)
        with pytest.raises(RuntimeError):
            write(engine, "csv", mark="erp")
    assert ids(write(engine, "csv", mark="erp")[0]) == named(0, 1, 2)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_file_that_lacks_an_offer_is_thrown_away(engine, write, monkeypatch, tmp_path, lost):
    store(engine, *some(3))
    real = work.load_many
    if lost:
        monkeypatch.setattr(work, "load_many", lambda conn, keys: real(conn, keys)[1:])
    else:
        monkeypatch.setattr(
            csv_format._Csv, "write", lambda self, records: Written(rows=len(records) - 1)
        )
    with pytest.raises(ExportTorn, match="3 offers were selected"):
        write(engine, "csv", mark="erp")
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []
    assert (count(engine, RUN), count(engine, HAD)) == (0, 0)


def test_a_file_that_is_there_is_kept_unless_it_may_be_overwritten(engine, write, tmp_path):
    store(engine, item())
    target = tmp_path / "out.csv"
    target.write_text("mine")
    with pytest.raises(ExportError, match="is there already; --force overwrites it"):
        write(engine, "csv", overwrite=False)
    assert target.read_text() == "mine"
    assert ids(write(engine, "csv")[0]) == named(0)


def test_a_target_that_cannot_be_is_told(engine, write, tmp_path):
    with pytest.raises(ExportError, match="is a folder"):
        write(engine, "csv", target=tmp_path)
    with pytest.raises(ExportError, match="is no folder; make it first"):
        write(engine, "csv", target=tmp_path / "no" / "x.csv")


def test_an_export_is_one_picture_of_the_database(engine, write, monkeypatch):
    store(engine, *some(4))
    real, stored = work.load_many, threading.Event()

    def load_slowly(conn, keys):
        if not stored.is_set():
            stored.set()
            other = threading.Thread(
                target=store, args=(engine, item(str(FIRST + 3), stock=1), item(str(FIRST + 9)))
            )
            other.start()
            other.join(30)
        return real(conn, keys)

    monkeypatch.setattr(work, "PAGE", 1)
    monkeypatch.setattr(work, "load_many", load_slowly)
    path, _ = write(engine, "csv", mark="erp")
    assert [row["stock"] for row in read_csv(path)] == ["1200"] * 4
    assert ids(write(engine, "csv", mark="erp")[0]) == named(3, 9)


def test_the_book_tells_what_was_exported(engine, write):
    store(engine, *some(2))
    path, report = write(engine, "csv", mark="erp", where="stock>0", per=Per.SKU)
    write(engine, "shopify")
    with reading(engine) as conn:
        second, first = recent(conn)
        [(mark, version, export)] = exports_of(conn, str(FIRST))
    assert (first.id, first.format, first.per, first.query) == (report.export_id, "csv", "sku", "stock>0")  # fmt: skip
    assert (first.offers, first.row_count, first.target) == (2, 6, str(path))
    assert (second.mark, second.format, second.per) == (None, "shopify", "product")
    assert (mark, version, export.id) == ("erp", 1, first.id)
    assert [wrong for wrong in audit(engine) if wrong.name == "I14"] == []


def test_progress_counts_to_the_end(engine, write, monkeypatch):
    monkeypatch.setattr(work, "PAGE", 2)
    store(engine, *some(5))
    told = []
    real = work.export
    monkeypatch.setattr(
        "tests.export.conftest.export",
        lambda engine, request: real(
            engine, request, lambda done, total: told.append((done, total))
        ),
    )
    write(engine, "csv")
    assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]


def test_a_filter_that_is_none_writes_nothing(engine, write, tmp_path):
    with pytest.raises(FilterError):
        write(engine, "csv", usual(Per.OFFER), where="prize<3")
    assert not (tmp_path / "out.csv").exists()


def test_why_tells_to_whom_an_offer_was_given(engine, write):
    store(engine, *some(2))
    path, _ = write(engine, "csv", mark="erp")
    [given] = why(engine, str(FIRST)).exports
    assert (given.mark, given.version, given.export.format) == ("erp", 1, "csv")
    told = as_document(why(engine, str(FIRST)))["exports"]
    assert [(one["mark"], one["target"]) for one in told] == [("erp", given.export.target)]
    console = Console(width=200, file=StringIO())
    console.print(origins.told(why(engine, str(FIRST)), path.parent))
    assert "exported" in console.file.getvalue()
