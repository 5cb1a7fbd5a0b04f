"""Reads a QR code of ours back: byte mode, one block, versions 2 to 5; without mending anything.

Independent of what drew it, so that a test can tell whether a phone would see what was meant.
"""

from pathlib import Path

from PIL import Image

Matrix = list[list[int]]

_MASKS = (
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)
_FORMAT_MASK = 0b101010000010010


def read(matrix: Matrix) -> str:
    """The text of a code without its quiet zone. Raises ValueError if it is none of these."""
    size = len(matrix)
    if size not in (25, 29, 33, 37) or any(len(row) != size for row in matrix):
        raise ValueError(f"no code of version 2 to 5: {size} modules")
    mask = _MASKS[_format(matrix) >> 10 & 7]
    bits = [matrix[y][x] ^ (mask(y, x) == 0) for y, x in _path(size)]
    number = int("".join(map(str, map(int, bits[:12]))), 2)
    mode, count = number >> 8, number & 255
    if mode != 4:
        raise ValueError(f"mode {mode} is not bytes")
    body = bits[12 : 12 + 8 * count]
    octets = (body[at : at + 8] for at in range(0, len(body), 8))
    return bytes(int("".join(map(str, map(int, one))), 2) for one in octets).decode()


def _format(matrix: Matrix) -> int:
    places = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]
    return int("".join(str(matrix[y][x]) for y, x in places), 2) ^ _FORMAT_MASK


def _path(size: int):
    """Where the bits stand, in their order."""
    right, up = size - 1, True
    while right > 0:
        if right == 6:
            right = 5
        for y in range(size - 1, -1, -1) if up else range(size):
            for x in (right, right - 1):
                if not _is_fixed(y, x, size):
                    yield y, x
        right, up = right - 2, not up


def _is_fixed(y: int, x: int, size: int) -> bool:
    corners = (y < 9 and x < 9) or (y < 9 and x >= size - 8) or (y >= size - 8 and x < 9)
    alignment = abs(y - size + 7) <= 2 and abs(x - size + 7) <= 2
    return corners or alignment or 6 in (y, x)


def of_picture(path: Path) -> Matrix:
    """The modules of a picture with a quiet zone of light modules round the code."""
    with Image.open(path) as opened:
        picture = opened.convert("1").crop()
    left, top, right, bottom = picture.point(lambda value: 255 - value).getbbox()
    dark = next(x for x in range(left, right) if picture.getpixel((x, top)))  # a finder's edge
    module = (dark - left) // 7
    return [
        [
            int(picture.getpixel((x, y)) == 0)
            for x in range(left + module // 2, right, module)
        ]
        for y in range(top + module // 2, bottom, module)
    ]  # fmt: skip
