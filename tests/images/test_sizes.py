"""Kept pictures in the sizes of a screen: made once, never from what is not ours."""

import io

import pytest
from PIL import Image

from app.images.sizes import SIDES, PictureLost, Size, in_size, kind_of
from tests.images.conftest import encoded, photo
from tests.pictured import known


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_each_size_is_what_it_says_and_is_made_once(shelf, tmp_path):
    picture = known(shelf, encoded(photo(1, (1600, 900)), "JPEG"))
    for size, longest in (SIDES | {Size.THUMB: 256, Size.FULL: 1600}).items():
        content, kind = in_size(shelf, tmp_path / "cache", picture, size)
        assert (max(opened(content).size), kind) == (longest, "image/webp")
    for path, _, _ in picture.files():
        shelf.drop(path)
    for size in SIDES:  # from the cache: the files they were made of are gone
        in_size(shelf, tmp_path / "cache", picture, size)


def test_a_small_picture_is_not_made_larger(shelf, tmp_path):
    picture = known(shelf, encoded(photo(2, (50, 40)), "PNG"))
    content, _ = in_size(shelf, tmp_path, picture, Size.MEDIUM)
    assert opened(content).size == (50, 40)


@pytest.mark.parametrize("size", Size)
def test_a_file_that_is_not_what_was_written_is_lost(shelf, tmp_path, size):
    picture = known(shelf, encoded(photo(3, (1600, 900)), "JPEG"))
    for path, length, _ in picture.files():
        forged = encoded(photo(4, (1600, 900)), "WEBP")[:length]
        (shelf.folder / path).write_bytes(forged + b"\0" * (length - len(forged)))
    with pytest.raises(PictureLost):
        in_size(shelf, tmp_path / "cache", picture, size)


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a", b"RIFF....WAVE", b"\x89PNG\r\n"])
def test_what_is_never_kept_has_no_content_type(content):
    assert kind_of(content) is None
