"""Files of pictures: whole or not at all, under computed names, readable by others."""

import os
import stat

import pytest

from app.images.files import Shelf, ShelfFailed, place

DIGEST = "ab" * 32
PATH = place(DIGEST, form="webp")


def test_names_are_computed_and_nothing_else_is_one():
    assert place(DIGEST, form="webp") == f"ab/ab/{DIGEST}.webp"
    assert place(DIGEST, form="jpeg", thumb=True) == f"ab/ab/{DIGEST}.thumb.jpg"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../../etc/passwd",
        "/etc/passwd",
        DIGEST[:-1],
        DIGEST + "0",
        DIGEST.upper(),
        "a\x00b" + DIGEST,
        "é" * 64,
    ],
)
def test_no_other_name_is_written(name):
    with pytest.raises(ValueError, match="is no sha256"):
        place(name, form="webp")


def test_rights_do_not_depend_on_the_umask(shelf):
    before = os.umask(0o077)
    try:
        shelf.put(PATH, b"picture")
    finally:
        os.umask(before)
    modes = [
        stat.S_IMODE(each.stat().st_mode)
        for each in (shelf.folder, shelf.folder / "ab", shelf.folder / "ab/ab", shelf.folder / PATH)
    ]
    assert modes == [0o755, 0o755, 0o755, 0o644]
    assert (shelf.read(PATH), shelf.size(PATH)) == (b"picture", 7)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(shelf, monkeypatch):
    shelf.put(PATH, b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ShelfFailed, match="No space left on device"):
        shelf.put(PATH, b"new")
    assert shelf.read(PATH) == b"old"
    assert [path.name for path in (shelf.folder / "ab/ab").iterdir()] == [f"{DIGEST}.webp"]


def test_a_file_where_the_folder_should_be_is_one_sentence(shelf):
    shelf.folder.write_text("in the way")
    with pytest.raises(ShelfFailed):
        shelf.put(PATH, b"picture")


def test_a_walk_sees_pictures_alone_and_old_leftovers_apart(shelf):
    shelf.put(PATH, b"picture")
    shelf.put(place(DIGEST, form="webp", thumb=True), b"thumb")
    folder = shelf.folder / "ab/ab"
    (folder / "notes.txt").write_text("mine")
    young, old = folder / f".{'0' * 32}.tmp", folder / f".{'1' * 32}.tmp"
    for path in (young, old):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    assert sorted(kept.size for kept in shelf.walk()) == [5, 7]
    assert {kept.sha256 for kept in shelf.walk()} == {DIGEST}
    assert [kept.path for kept in shelf.leftovers()] == [f"ab/ab/{old.name}"]


def test_folders_that_lead_elsewhere_are_not_followed(tmp_path, shelf):
    elsewhere = Shelf(folder=tmp_path / "elsewhere")
    elsewhere.put(PATH, b"not ours")
    shelf.folder.mkdir()
    (shelf.folder / "ab").symlink_to(elsewhere.folder / "ab")
    assert list(shelf.walk()) == []


def test_an_empty_shelf_is_no_failure(shelf):
    assert list(shelf.walk()) == list(shelf.leftovers()) == []
    assert shelf.size(PATH) is None
    shelf.drop(PATH)
