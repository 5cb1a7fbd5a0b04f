"""Pictures of strangers: made ours where they are pictures, refused without harm where not."""

import asyncio
import io
import os
import signal
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageOps

from app.images.failures import Failure, PictureFailed
from app.images.hashes import distance
from app.images.picture import LONGEST_SIDE, THUMB, develop
from app.images.studio import Studio
from app.replica import odd_pictures
from app.replica.pictures import picture as drawn
from tests.images.conftest import encoded, photo

PEAK = 600 * 1024**2
JPEG = encoded(photo(), "JPEG")


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def mean(image: Image.Image, band: int) -> float:
    """Of a band, 0 to 255."""
    return image.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))[band]


def gif(frames: int) -> bytes:
    return odd_pictures.film(frames)


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(64) + content[middle + 64 :]


REFUSED = {
    "html": (b"<html><body>" + b"x" * 4000, Failure.NOT_A_PICTURE),
    "svg": (odd_pictures._SVG, Failure.NOT_A_PICTURE),
    "eps": (odd_pictures._EPS, Failure.NOT_A_PICTURE),
    "tiff": (encoded(photo(), "TIFF"), Failure.NOT_A_PICTURE),
    "ico": (encoded(photo(), "ICO"), Failure.NOT_A_PICTURE),
    "nothing": (b"", Failure.NOT_A_PICTURE),
    "cut jpeg": (JPEG[: len(JPEG) // 2], Failure.TRUNCATED),
    "cut png": (encoded(photo(), "PNG")[:2000], Failure.TRUNCATED),
    "damaged png": (damaged(encoded(photo(), "PNG")), Failure.BROKEN),
    "bomb": (odd_pictures.bomb(), Failure.TOO_MANY_PIXELS),
    "just too many": (odd_pictures.bomb(6400), Failure.TOO_MANY_PIXELS),
    "film": (gif(10_000), Failure.TOO_MANY_FRAMES),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_of_a_product_is_refused(name):
    content, word = REFUSED[name]
    with pytest.raises(PictureFailed) as caught:
        develop(content)
    assert caught.value.word is word


async def test_refusing_costs_little_memory_and_the_bench_lives(studio):
    await studio.develop(JPEG)
    [pid] = studio.pids
    for content, word in REFUSED.values():
        with pytest.raises(PictureFailed) as caught:
            await studio.develop(content)
        assert caught.value.word is word
    assert studio.pids == [pid]
    assert peak(pid) < PEAK / 4
    assert (await studio.develop(JPEG)).width == 320


def peak(pid: int) -> int:
    """The most memory that a process ever had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


async def test_the_largest_picture_stays_within_its_bounds(studio):
    found = await studio.develop(odd_pictures.bomb(6300))
    assert (found.width, found.height) == (6300, 6300)
    assert peak(studio.pids[0]) < PEAK


def test_a_photo_keeps_its_look_and_loses_what_it_carried():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    found = develop(encoded(photo(), "JPEG", exif=exif, comment=b"secret"))
    kept, thumb = opened(found.body), opened(found.thumb)
    assert (found.format, kept.format, kept.size) == ("jpeg", "WEBP", (320, 240))
    assert (found.width, found.height) == kept.size
    assert max(thumb.size) == THUMB
    assert not kept.getexif()
    assert "icc_profile" not in kept.info
    assert b"secret" not in found.body


def test_a_picture_that_lies_on_its_side_is_turned():
    path = "/img/ibank/turned.jpg"
    found = develop(odd_pictures._turned(path))
    upright = develop(encoded(opened(drawn(path)).resize((200, 400)), "JPEG"))
    assert (found.width, found.height) == (200, 400)
    assert distance(found.dhash, upright.dhash) <= 2


def test_colours_of_another_space_look_as_they_were_meant():
    plain = photo(3)
    cmyk = develop(encoded(plain.convert("CMYK"), "JPEG", quality=95))
    assert opened(cmyk.body).mode == "RGB"
    assert all(abs(mean(opened(cmyk.body), band) - mean(plain, band)) < 8 for band in range(3))
    path = "/img/ibank/profile.jpg"
    swapped, meant = opened(odd_pictures._profile(path)), opened(drawn(path))
    found = opened(develop(odd_pictures._profile(path)).body)
    assert abs(mean(swapped, 0) - mean(meant, 0)) > 10, "as stored, red is not red"
    assert all(abs(mean(found, band) - mean(meant, band)) < 6 for band in range(3))


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        b"\x00" * 200,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ],
)
def test_a_profile_that_is_none_or_of_another_space_is_left_out(profile):
    plain = photo(4)
    found = opened(develop(encoded(plain, "JPEG", quality=95, icc_profile=profile)).body)
    assert all(abs(mean(found, band) - mean(plain, band)) < 6 for band in range(3))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_kept(mode):
    grey = photo(5).convert("L")
    if mode == "I;16":
        image = Image.frombytes(
            "I;16", grey.size, b"".join(bytes((0, value)) for value in grey.tobytes())
        )
    else:
        image = grey.convert(mode)
    found = opened(develop(encoded(image, "PNG")).body)
    assert found.size == grey.size
    assert abs(mean(found, 1) - mean(grey, 1)) < 12


def test_what_shows_through_still_does_and_is_white_where_it_cannot():
    image = photo(6).convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    assert opened(develop(encoded(image, "PNG")).body).mode == "RGBA"
    flat = opened(develop(encoded(image, "PNG"), form="jpeg").body)
    assert (flat.format, flat.getpixel((5, 5))) == ("JPEG", (255, 255, 255))


def test_of_an_animation_the_first_frame_is_kept():
    frames = [photo(number, (64, 64)) for number in range(5)]
    found = develop(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    first = develop(encoded(frames[0], "PNG"))
    assert getattr(opened(found.body), "n_frames", 1) == 1
    assert distance(found.dhash, first.dhash) <= 4
    webp = develop(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    assert getattr(opened(webp.body), "n_frames", 1) == 1


def test_a_strip_longer_than_webp_can_hold_is_scaled():
    found = develop(encoded(Image.new("RGB", (79, 20_000), "red"), "JPEG"))
    assert found.height == LONGEST_SIDE
    assert opened(found.body).size == (found.width, found.height)


@pytest.mark.parametrize("seed", range(5))
def test_hashes_are_near_for_one_picture_and_far_for_two(seed):
    image = photo(seed, (900, 700))
    original = develop(encoded(image, "PNG")).dhash
    copies = [
        encoded(image.resize((300, 233)), "JPEG", quality=60),
        encoded(image, "WEBP", quality=50),
        encoded(ImageOps.autocontrast(image), "JPEG"),
    ]
    assert all(distance(original, develop(copy).dhash) <= 6 for copy in copies)
    others = [develop(encoded(photo(seed + 100 + n, (900, 700)), "PNG")).dhash for n in range(5)]
    assert all(distance(original, other) >= 12 for other in others)


# -- the child ------------------------------------------------------------------------------------


async def test_a_bench_that_dies_costs_its_picture_alone(studio):
    await studio.develop(JPEG)
    os.kill(studio.pids[0], signal.SIGSTOP)
    task = asyncio.create_task(studio.develop(JPEG))
    await asyncio.sleep(0)
    os.kill(studio.pids[0], signal.SIGKILL)
    with pytest.raises(PictureFailed) as caught:
        await task
    assert caught.value.word is Failure.TOO_HEAVY
    assert (await studio.develop(JPEG)).width == 320


async def test_a_picture_that_takes_too_long_is_ended_by_the_kernel(studio):
    await studio.develop(JPEG)
    [pid] = studio.pids
    os.kill(pid, signal.SIGSTOP)
    task = asyncio.create_task(studio.develop(JPEG))
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGALRM)  # what its own alarm sends
    os.kill(pid, signal.SIGCONT)
    with pytest.raises(PictureFailed) as caught:
        await task
    assert caught.value.word is Failure.TOO_SLOW
    assert (await studio.develop(JPEG)).width == 320


async def test_who_waits_no_more_does_not_get_anothers_picture(studio):
    await studio.develop(JPEG)
    task = asyncio.create_task(studio.develop(odd_pictures.bomb(6300)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await studio.develop(JPEG)).width == 320


def looked_at(pid: int) -> tuple[bytes, str]:
    """A process's environment and limits."""
    folder = Path(f"/proc/{pid}")
    return (folder / "environ").read_bytes(), (folder / "limits").read_text()


async def test_a_bench_knows_no_secret_and_can_write_no_file(studio, monkeypatch):
    monkeypatch.setenv("PWSYNC_DATABASE_URL", "mysql+pymysql://u:topsecret@h/d")
    await studio.develop(JPEG)
    [pid] = studio.pids
    environment, limits = looked_at(pid)
    assert b"topsecret" not in environment
    told = {line[:25].strip(): line[25:].split()[0] for line in limits.splitlines()[1:]}
    assert told["Max file size"] == "0"
    assert told["Max address space"] == str(1024**3)


async def test_benches_end_with_the_studio():
    async with Studio(benches=2) as studio:
        await asyncio.gather(studio.develop(JPEG), studio.develop(JPEG))
        pids = studio.pids
        assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
