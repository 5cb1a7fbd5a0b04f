"""The files themselves: whole, readable by others' tools, mended after a crash, never shared."""

import hashlib
import os
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from app.archive import files, writer
from app.archive.reading import read_at
from app.archive.values import ArchiveUnwritable, Original, Place, RecordLost
from app.archive.warc import member
from app.archive.writer import Writer
from tests.archive.conftest import document, saved_pages
from tests.samples import NOON


def digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def record(payload: bytes, original: Original | None = None) -> bytes:
    return member(document(payload), digest(payload), original)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def open_writer(folder):
    """Writers that are closed in the end."""
    opened = []

    def begin(**options):
        opened.append(Writer(folder, **options))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


def seen(path: Path) -> list[tuple[str, bytes]]:
    """(type, payload) of each record, as warcio reads them."""
    with path.open("rb") as file:
        return [
            (one.rec_type, one.content_stream().read())
            for one in ArchiveIterator(file, check_digests="raise")
        ]


def test_a_payload_is_read_back_at_its_place(open_writer, folder):
    one = open_writer()
    payloads = [path.read_bytes() for path in saved_pages()[:6]] + [b"", b"\r\n\r\n", b"x\r\n\r\n"]
    places = [one.append(record(payload))[0] for payload in payloads]
    assert [read_at(folder, where, digest(p)) for where, p in zip(places, payloads, strict=True)] == payloads  # fmt: skip
    assert [payload for kind, payload in seen(folder / places[0].file) if kind == "response"] == payloads  # fmt: skip


def test_places_are_whole_members_one_after_the_other(open_writer, folder):
    one = open_writer()
    places = [one.append(record(bytes([n]) * n))[0] for n in range(1, 20)]
    found = list(files.records(folder / places[0].file))[1:]
    assert [(offset, length) for offset, length, _ in found] == [
        (place.offset, place.length) for place in places
    ]


def test_a_revisit_points_at_its_original_and_holds_no_payload(open_writer, folder):
    original = Original(id=1, url="https://detail.1688.com/offer/1.html", observed_at=NOON)
    place, _ = open_writer().append(record(b"the page" * 1000, original))
    *_, (_, _, fields) = files.records(folder / place.file)
    assert fields["warc-type"] == "revisit"
    assert fields["warc-refers-to-target-uri"] == original.url
    assert fields["warc-refers-to-date"] == "2026-03-04T12:00:00.123456Z"
    assert fields["warc-profile"].endswith("/identical-payload-digest")
    assert seen(folder / place.file)[-1] == ("revisit", b"")


def test_a_record_tells_whose_it_is_and_no_more_of_the_answer_than_describes_it(
    open_writer, folder
):
    place, _ = open_writer().append(record(b"a page"))
    *_, (_, _, fields) = files.records(folder / place.file)
    assert fields["pwsync-claim"] == "offer 600000000001 1 1"
    raw = zlib.decompress((folder / place.file).read_bytes()[place.offset :], 31)
    assert b"content-type: text/html" in raw
    assert b"x-trace" not in raw


@pytest.mark.parametrize("command", [["check", "-v"], ["index"]])
def test_the_standard_tool_takes_the_files(open_writer, folder, command):
    one = open_writer()
    for path in saved_pages()[:4]:
        place, _ = one.append(record(path.read_bytes()))
    one.append(record(b"again", Original(id=1, url="https://x", observed_at=NOON)))
    tool = [sys.executable, "-m", "warcio.cli", *command, str(folder / place.file)]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout
    told = done.stdout.count("digest pass") if command[0] == "check" else done.stdout.count("response")  # fmt: skip
    assert told >= 4


def test_the_standard_tool_sees_a_changed_byte(open_writer, folder):
    payload = os.urandom(4000)
    place, _ = open_writer().append(record(payload))
    path = folder / place.file
    whole = path.read_bytes()
    path.write_bytes(whole[:-2000] + bytes([whole[-2000] ^ 1]) + whole[-1999:])
    with pytest.raises(Exception):  # noqa: B017 - zlib's or warcio's, as the byte falls
        list(files.records(path))
    with pytest.raises(RecordLost):
        read_at(folder, place, digest(payload))


@pytest.mark.parametrize(
    "place",
    [
        lambda p: Place(file=p.file, offset=p.offset + 1, length=p.length - 1),
        lambda p: Place(file=p.file, offset=p.offset, length=p.length + 1),
        lambda p: Place(file=p.file, offset=p.offset, length=p.length - 1),
        lambda p: Place(file=p.file, offset=10**9, length=10),
        lambda p: Place(file=p.file, offset=0, length=p.offset),
        lambda p: Place(file="pwsync-h-1-1-00009.warc.gz", offset=0, length=1),
    ],
)
def test_a_wrong_place_is_told(open_writer, folder, place):
    right, _ = open_writer().append(record(b"a page"))
    with pytest.raises(RecordLost):
        read_at(folder, place(right), digest(b"a page"))


def test_a_file_is_turned_when_it_is_full_and_the_last_one_is_closed_in_order(open_writer, folder):
    turned = []
    one = open_writer(file_bytes=3000, turned=lambda: turned.append(1))
    places = [one.append(record(os.urandom(2000)))[0] for _ in range(4)]
    names = list(dict.fromkeys(place.file for place in places))
    assert len(names) == 2
    assert len(turned) == 2
    assert files.archived(folder) == [folder / name for name in names]
    assert files.is_being_written(folder / names[1])
    assert not files.is_being_written(folder / names[0])
    one.close()
    one.close()
    assert not files.is_being_written(folder / names[1])
    assert [path.suffix for path in folder.iterdir()] == [".gz", ".gz"]


def test_an_old_file_is_turned(open_writer):
    one = open_writer(file_seconds=0.0)
    assert len({one.append(record(b"x"))[0].file for _ in range(3)}) == 3


def test_threads_and_turns_lose_nothing(open_writer, folder):
    one = open_writer(file_bytes=20_000)

    def write(number):
        payload = str(number).encode() * 50
        place, safe = one.append(record(payload))
        safe.result(30)
        return place, payload

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(write, range(400)))
    assert len({(place.file, place.offset) for place, _ in kept}) == 400
    for place, payload in kept:
        assert read_at(folder, place, digest(payload)) == payload
    assert sum(len(seen(path)) for path in files.archived(folder)) == 400 + len(files.archived(folder))  # fmt: skip


def test_safe_is_after_the_disk_and_one_sync_serves_many(open_writer, monkeypatch):
    synced, asked, free = [], threading.Event(), threading.Event()
    real = os.fdatasync

    def fdatasync(descriptor):
        asked.set()
        assert free.wait(30)
        real(descriptor)
        synced.append(descriptor)

    one = open_writer()
    monkeypatch.setattr(writer.os, "fdatasync", fdatasync)
    first = one.append(record(b"1"))[1]
    assert asked.wait(30)
    rest = [one.append(record(b"x"))[1] for _ in range(9)]
    assert not first.done()
    free.set()
    for safe in (first, *rest):
        safe.result(30)
    assert len(synced) == 2, "the sync that ran, and one for all that came meanwhile"


def test_a_disk_that_refuses_is_told_and_nothing_half_written_stays(
    open_writer, folder, monkeypatch
):
    one = open_writer()
    place, _ = one.append(record(b"whole"))
    real = os.write
    monkeypatch.setattr(writer.os, "write", lambda fd, data: real(fd, data[: len(data) // 2]))
    with pytest.raises(ArchiveUnwritable, match="no space left"):
        one.append(record(b"half"))
    monkeypatch.setattr(writer.os, "write", real)
    after, _ = one.append(record(b"next"))
    assert (after.file, after.offset) == (place.file, place.offset + place.length)
    assert [payload for kind, payload in seen(folder / place.file) if kind == "response"] == [
        b"whole",
        b"next",
    ]


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "archive").write_text("in the way")
    one = Writer(tmp_path / "archive")
    with pytest.raises(ArchiveUnwritable, match="archive"):
        one.append(record(b"x"))
    one.close()


DIES = """
import os, sys
from pathlib import Path
from app.archive.writer import Writer
from tests.archive.test_files import record
one = Writer(Path(sys.argv[1]))
for n in range(5):
    place, safe = one.append(record(b"page" * (n + 1)))
    safe.result()
torn = record(os.urandom(3000))
os.write(one._open.descriptor, torn[:len(torn) * int(sys.argv[2]) // 100])
print(place.file, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("percent", [0, 1, 50, 99])
def test_what_a_killed_writer_left_torn_is_cut_by_the_next_one(open_writer, folder, percent):
    died = subprocess.run(
        [sys.executable, "-c", DIES, str(folder), str(percent)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert died.returncode == -9, died.stderr
    path = folder / died.stdout.strip()
    assert not files.is_being_written(path)
    place, _ = open_writer().append(record(b"mine"))
    assert place.file != path.name, "nobody appends to another's file"
    assert [payload for kind, payload in seen(path)][1:] == [b"page" * n for n in range(1, 6)]
    assert not path.with_name(f"{path.name}{files.OPEN}").exists()
    assert files.mend(folder) == []


def test_the_file_of_a_live_writer_is_let_alone(open_writer, folder):
    place, _ = open_writer().append(record(b"theirs"))
    path = folder / place.file
    with path.open("ab") as torn:
        torn.write(b"in the middle of a write")
    size = path.stat().st_size
    open_writer().append(record(b"mine"))
    assert path.stat().st_size == size


def test_marks_of_other_machines_are_let_alone(open_writer, folder):
    folder.mkdir()
    mark = folder / f"pwsync-elsewhere-1-1-00001.warc.gz{files.OPEN}"
    mark.touch()
    open_writer().append(record(b"mine"))
    assert mark.exists()
