"""The code that a phone reads, drawn. It is good for some minutes and as good as a password."""

import io

import segno

PIXELS = 8
"""Of a module in the picture."""
BORDER = 4
"""Light modules round a code, as the norm wants it."""


def code_of(content: str) -> segno.QRCode:
    """The code of a text, no larger than it must be."""
    return segno.make(content, error="l", micro=False, boost_error=False)


def picture_of(content: str) -> bytes:
    """The code as a PNG."""
    stream = io.BytesIO()
    code_of(content).save(stream, kind="png", scale=PIXELS, border=BORDER)
    return stream.getvalue()
