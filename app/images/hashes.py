"""The difference hash of a picture: 64 bits that scaling and re-encoding leave nearly the same.

Pure Python: it is compared where no picture is decoded.
"""

WIDTH, HEIGHT = 9, 8
"""Of the grey picture that is hashed: eight differences in each of eight rows."""


def dhash(grey: bytes) -> int:
    """The hash of 9 x 8 grey values, row by row: a bit is set where it gets brighter."""
    assert len(grey) == WIDTH * HEIGHT
    bits = 0
    for row in range(0, WIDTH * HEIGHT, WIDTH):
        for left in range(row, row + WIDTH - 1):
            bits = bits << 1 | (grey[left] < grey[left + 1])
    return bits


def distance(one: int, other: int) -> int:
    """In how many of the 64 bits two hashes differ; up to about 6 it is the same picture."""
    return (one ^ other).bit_count()
