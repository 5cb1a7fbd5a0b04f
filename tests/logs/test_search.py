"""Searching the lines: newest first, page by page, whatever stands in the files."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.services import logs
from app.services.logs import CursorWrong, Wanted, newest, search

START = datetime(2026, 11, 5, 10, tzinfo=UTC)


def line(second: float, **more) -> str:
    at = (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")
    return json.dumps(
        {"time": at, "level": "info", "event": f"e{second:g}"} | more, ensure_ascii=False
    )


def events(page) -> list[str]:
    return [one.event for one in page.lines]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sync.jsonl.1").write_text(f"{line(0, run=1)}\n{line(2, run=2)}\n")
    (tmp_path / "sync.jsonl").write_text(f"{line(4)}\n{line(6, level='error', item='61')}\n")
    (tmp_path / "worker.jsonl").write_text(
        f"{line(3, profile='anna')}\n{line(5, text='Pfau 图')}\n"
    )
    return tmp_path


def test_the_newest_of_all_files_come_first(folder):
    assert events(search(folder, Wanted())) == ["e6", "e5", "e4", "e3", "e2", "e0"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(run=2), ["e2"]),
        (Wanted(offer="61"), ["e6"]),
        (Wanted(profile="anna"), ["e3"]),
        (Wanted(level="warning"), ["e6"]),
        (Wanted(since=START + timedelta(seconds=5)), ["e6", "e5"]),
        (Wanted(words=("pfau",)), ["e5"]),
        (Wanted(words=("图", "PFAU")), ["e5"]),
        (Wanted(words=("pfau", "profile")), []),
        (Wanted(since=datetime.min.replace(tzinfo=UTC), run=2), ["e2"]),
        (Wanted(run=2, offer="61"), []),
    ],
)
def test_what_is_wanted(folder, wanted, found):
    assert events(search(folder, wanted)) == found
    assert [one.event for one in newest(folder, wanted, 9)] == found


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_pages_follow_each_other_without_gap_or_repetition(folder, size):
    with (folder / "worker.jsonl").open("a") as file:
        file.write(f"{line(6)}\n{line(6)}\n")  # of one moment with another file's
    found, before = [], None
    while True:
        page = search(folder, Wanted(), size, before)
        found += events(page)
        if (before := page.next) is None:
            break
    assert found == ["e6", "e6", "e6", "e5", "e4", "e3", "e2", "e0"]


def test_a_page_looks_at_so_many_lines_and_no_more(folder, monkeypatch):
    monkeypatch.setattr(logs, "MOST_LINES", 2)
    page = search(folder, Wanted(run=1))
    assert page.lines == ()
    page = search(folder, Wanted(run=1), before=page.next)
    assert page.lines == ()
    assert events(search(folder, Wanted(run=1), before=page.next)) == ["e0"]


def test_torn_and_foreign_lines_are_passed_over(folder):
    odd = [
        "{",
        "[1]",
        "null",
        '{"time": 3}',
        '{"time": "2026"}',
        "\x00",
        "[" * 100_000,
        line(7, x=float("nan")),
        line(7, x="half").replace("half", "\\ud800"),
    ]
    odd.append(json.dumps({"time": "2026-11-05T10:00:00", "level": "info", "event": "zoneless"}))
    text = "\n".join([line(7), *odd, line(8)])
    (folder / "odd.jsonl").write_bytes(text.encode() + b"\n\xff\xfe\n" + line(9).encode()[:-4])
    assert events(search(folder, Wanted(), 3)) == ["e8", "e7", "e6"]


def test_blocks_cut_lines_anywhere(folder, monkeypatch):
    whole = events(search(folder, Wanted()))
    for size in (1, 7, 64, 100):
        monkeypatch.setattr(logs, "BLOCK_BYTES", size)
        assert events(search(folder, Wanted())) == whole


def test_a_line_without_end_costs_no_memory(folder, monkeypatch):
    monkeypatch.setattr(logs, "LONGEST_LINE", 1_000)
    monkeypatch.setattr(logs, "BLOCK_BYTES", 500)
    (folder / "odd.jsonl").write_text(f"{line(7)}\n{line(8, text='x' * 5_000)}\n{line(9)}\n")
    assert events(search(folder, Wanted(), 3)) == ["e9", "e7", "e6"]


@pytest.mark.parametrize("cursor", ["", "x", "2026-11-05~1", "2026-11-05T10:00:00Z~-1"])
def test_cursors_of_nobody_are_refused(folder, cursor):
    with pytest.raises(CursorWrong):
        search(folder, Wanted(), 1, cursor)


def test_without_a_folder_there_are_no_lines(tmp_path):
    page = search(tmp_path / "nowhere", Wanted())
    assert (page.lines, page.next) == ((), None)
