"""Pictures that are odd, broken or none at all: what a `PictureFault` makes of an address."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageCms

from app.replica.picture_faults import PictureFault
from app.replica.pictures import content_type, picture
from app.replica.wire import HTML, KEPT, Reply

BOMB_SIDE = 14_000
FILM_FRAMES = 10_000
SHARED = 10
"""How many pictures there are that several sellers show."""
PRIVATE = "https://10.0.0.1/img/ibank/inside.jpg"
_ORIENTATION = 0x0112
_LIES_RIGHT = 6


def reply(path: str, fault: PictureFault) -> Reply:
    """The answer to an address whose picture has that fault; the same each time."""
    make = _MAKERS.get(fault)
    if make is not None:
        return make()
    body = _BODIES[fault](path) if fault in _BODIES else picture(path)
    return Reply(body=body, content_type=content_type(path), headers=KEPT, fault=fault)


def _cut(path: str) -> bytes:
    whole = picture(path)
    return whole[: len(whole) // 2]


def _shared(path: str) -> bytes:
    return picture(f"/img/ibank/shared{zlib.crc32(path.encode()) % SHARED}.jpg")


def _jpeg(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, **options)
    return out.getvalue()


def _opened(path: str) -> Image.Image:
    return Image.open(io.BytesIO(picture(path)))


def _cmyk(path: str) -> bytes:
    return _jpeg(_opened(path).convert("CMYK"))


def _turned(path: str) -> bytes:
    """Upright it is twice as high as wide."""
    upright = _opened(path).resize((200, 400))
    exif = Image.Exif()
    exif[_ORIENTATION] = _LIES_RIGHT
    return _jpeg(upright.transpose(Image.Transpose.ROTATE_90), exif=exif)


def _profile(path: str) -> bytes:
    """Red and blue have changed places, and the profile says so."""
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, blue = _tag(swapped, b"rXYZ"), _tag(swapped, b"bXYZ")
    whole = bytearray(swapped)
    whole[red[0] : red[0] + red[1]], whole[blue[0] : blue[0] + blue[1]] = (
        swapped[blue[0] : blue[0] + blue[1]],
        swapped[red[0] : red[0] + red[1]],
    )
    bands = _opened(path).split()
    return _jpeg(Image.merge("RGB", bands[::-1]), icc_profile=bytes(whole))


def _tag(profile: bytes, name: bytes) -> tuple[int, int]:
    """Where a tag's values stand in an ICC profile, and their length."""
    for place in range(132, 132 + 12 * struct.unpack(">I", profile[128:132])[0], 12):
        if profile[place : place + 4] == name:
            start, length = struct.unpack(">II", profile[place + 4 : place + 12])
            return start, length
    raise LookupError(name)


@lru_cache(maxsize=1)
def bomb(side: int = BOMB_SIDE) -> bytes:
    """A small PNG of very many points."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        named = kind + content
        return struct.pack(">I", len(content)) + named + struct.pack(">I", zlib.crc32(named))

    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    rows = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@lru_cache(maxsize=1)
def film(frames: int = FILM_FRAMES) -> bytes:
    """A GIF with very many frames of one point each."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes((0, 0, 0, 255, 255, 255))
    control = b"\x21\xf9\x04\x04\x01\x00\x00\x00"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + (control + frame) * frames + b"\x3b"


_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_BLOCKED = "<html><head><title>验证码拦截</title></head><body>请拖动下方滑块完成验证</body></html>"

_BODIES: dict[PictureFault, Callable[[str], bytes]] = {
    PictureFault.CUT: _cut,
    PictureFault.CMYK: _cmyk,
    PictureFault.TURNED: _turned,
    PictureFault.PROFILE: _profile,
    PictureFault.SHARED: _shared,
    PictureFault.BOMB: lambda _: bomb(),
    PictureFault.FILM: lambda _: film(),
    PictureFault.EPS: lambda _: _EPS,
    PictureFault.SVG: lambda _: _SVG,
}
"""Sent as if it were the picture that was asked for."""

_MAKERS: dict[PictureFault, Callable[[], Reply]] = {
    PictureFault.HTML: lambda: Reply(
        body=_BLOCKED.encode(), content_type=HTML, fault=PictureFault.HTML
    ),
    PictureFault.MISSING: lambda: Reply(
        status=404, body=b"not found", content_type="text/plain", fault=PictureFault.MISSING
    ),
    PictureFault.BUSY: lambda: Reply(
        status=503, body=b"busy", headers={"Retry-After": "1"}, fault=PictureFault.BUSY
    ),
    PictureFault.PRIVATE: lambda: Reply(
        status=302, headers={"Location": PRIVATE}, fault=PictureFault.PRIVATE
    ),
    PictureFault.RESET: lambda: Reply(status=0, fault=PictureFault.RESET),
}
