"""A downloaded picture made ours: checked, turned upright, in sRGB, one frame, with its thumbnail.

Bytes in, `Picture` out, PictureFailed else; nothing is read or written. It decodes what strangers
made: it runs in a child process (`bench.py`), which Pillow's limits alone would not replace.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from app.images.failures import Failure, PictureFailed
from app.images.hashes import HEIGHT, WIDTH, dhash

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""Pillow knows many more, EPS among them, which starts Ghostscript."""
PIXELS = 40_000_000
FRAMES = 500
"""Of an animation the first is kept; one with more than so many is no product's."""
LONGEST_SIDE = 16_383
"""What WebP can hold; a longer strip (descriptions have them) is scaled down to it."""
THUMB = 256
QUALITY = 80
METHOD = 2
"""Of WebP: 35 ms and 54 KB for a megapixel, where 4 takes 101 ms for 51 KB."""
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_SPACES = {"RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK", "L": "GRAY"}
"""Which colour space a profile must be of to belong to a mode."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture as it is kept."""

    format: str
    """Of the original, in lower case."""
    width: int
    height: int
    """As it is kept: upright, and within `LONGEST_SIDE`."""
    dhash: int
    body: bytes
    thumb: bytes


def develop(original: bytes, *, form: str = "webp", quality: int = QUALITY) -> Picture:
    """The picture of these bytes, kept as `form` (`webp` or `jpeg`). Raises PictureFailed."""
    with _translated():
        image = _opened(original)
        kind = (image.format or "").lower().replace("mpo", "jpeg")
        image = _upright(image)
        image = _scaled(_in_srgb(image))
        thumb = _within(image, THUMB)
        return Picture(
            format=kind,
            width=image.width,
            height=image.height,
            dhash=_dhash(thumb),
            body=_encoded(image, form, quality),
            thumb=_encoded(thumb, form, quality),
        )


@contextmanager
def _translated() -> Iterator[None]:
    """Pillow's errors as ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except PictureFailed:
        raise
    except UnidentifiedImageError:
        raise PictureFailed(Failure.NOT_A_PICTURE) from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise PictureFailed(Failure.TOO_MANY_PIXELS, str(error)) from error
    except MemoryError as error:
        raise PictureFailed(Failure.TOO_HEAVY, "no memory left") from error
    except Exception as error:  # decoders raise whatever their format's author thought of
        is_cut = isinstance(error, OSError) and "truncated" in str(error)
        word = Failure.TRUNCATED if is_cut else Failure.BROKEN
        raise PictureFailed(word, f"{type(error).__name__}: {error}") from error


def _opened(original: bytes) -> Image.Image:
    """The picture with its first frame decoded; sizes are looked at before anything is."""
    image = Image.open(io.BytesIO(original), formats=FORMATS)
    if image.width * image.height > PIXELS:
        raise PictureFailed(Failure.TOO_MANY_PIXELS, f"{image.width} x {image.height}")
    if getattr(image, "is_animated", False):
        _refuse_films(image)
    image.load()
    return image


def _refuse_films(image: Image.Image) -> None:
    with suppress(EOFError):
        # not n_frames: it would walk through all of them
        image.seek(FRAMES)
        raise PictureFailed(Failure.TOO_MANY_FRAMES, f"more than {FRAMES}")
    image.seek(0)


def _upright(image: Image.Image) -> Image.Image:
    # a damaged EXIF block says nothing of how it is to be turned
    with suppress(SyntaxError, ValueError, KeyError, TypeError, OSError):
        return ImageOps.exif_transpose(image)
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where something shows through, by the picture's own profile if it has one."""
    profile = image.info.get("icc_profile")
    image = _plain(image)
    if isinstance(profile, bytes) and profile:
        image = _converted(image, profile)
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image if image.mode in {"RGB", "RGBA"} else image.convert("RGB")


def _plain(image: Image.Image) -> Image.Image:
    """One of the modes L, RGB, RGBA, CMYK."""
    if image.mode.startswith("I"):  # 16 bits of grey: convert() would cut them off at 255
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in {"LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in {"1", "F"}:
        return image.convert("L")
    return image if image.mode in _SPACES else image.convert("RGB")


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    out = "RGBA" if image.mode == "RGBA" else "RGB"
    # a profile that is damaged, or of another space than the picture, is as none
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if own.profile.xcolor_space == _SPACES[image.mode]:
            return ImageCms.profileToProfile(image, own, _SRGB, outputMode=out) or image
    return image


def _scaled(image: Image.Image) -> Image.Image:
    return image if max(image.size) <= LONGEST_SIDE else _within(image, LONGEST_SIDE)


def _within(image: Image.Image, side: int) -> Image.Image:
    """The picture with no side longer than `side`; without a copy of the whole on the way."""
    share = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _dhash(thumb: Image.Image) -> int:
    grey = _on_white(thumb).convert("L").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return dhash(grey.tobytes())


def _encoded(image: Image.Image, form: str, quality: int) -> bytes:
    """Without EXIF, profile or comments: what is kept shows nothing but the picture."""
    out = io.BytesIO()
    if form == "webp":
        image.save(out, "WEBP", quality=quality, method=METHOD, icc_profile=b"", exif=b"")
    else:
        _on_white(image).save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
