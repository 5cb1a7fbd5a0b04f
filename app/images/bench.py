"""The child process that decodes pictures: `python -m app.images.bench FORM QUALITY`.

What strangers made is decoded here, with little memory, no file to write and no secret in the
environment. Requests on standard input: four bytes of length, the picture. Answers on standard
output: four bytes of length, a JSON header, then the two files it tells of. Ends with its input.
"""

import json
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from typing import BinaryIO

from PIL import Image

from app.images.failures import PictureFailed
from app.images.picture import PIXELS, develop

MEMORY = 1024**3
"""Bytes of address space; the largest picture that is let in takes half of it."""
SECONDS = 30
"""For one picture; then the kernel ends this process, whatever a decoder does."""
LENGTH = struct.Struct(">I")


def main(arguments: Sequence[str]) -> None:
    """Develop pictures until standard input ends."""
    form, quality = arguments
    _bind()
    Image.MAX_IMAGE_PIXELS = PIXELS
    Image.preinit()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(LENGTH.size):
        original = source.read(LENGTH.unpack(head)[0])
        signal.alarm(SECONDS)
        _answer(sink, original, form, int(quality))
        signal.alarm(0)


def _bind() -> None:
    """Limits that nobody in this process can lift again."""
    limits = (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    )
    for which, most in limits:
        resource.setrlimit(which, (most, most))


def _answer(sink: BinaryIO, original: bytes, form: str, quality: int) -> None:
    try:
        picture = develop(original, form=form, quality=quality)
    except PictureFailed as error:
        _send(sink, {"word": error.word, "detail": error.detail[:500]})
        return
    told = {
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "dhash": picture.dhash,
        "body": len(picture.body),
        "thumb": len(picture.thumb),
    }
    _send(sink, told, picture.body, picture.thumb)


def _send(sink: BinaryIO, told: dict[str, object], *parts: bytes) -> None:
    header = json.dumps(told).encode()
    sink.write(b"".join((LENGTH.pack(len(header)), header, *parts)))
    sink.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
