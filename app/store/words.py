"""Text as it is searched: its normal form, what is looked for in it, and its grams. Pure.

A word is found where it stands in a run of letters, so `衣裙` finds `连衣裙`; Latin words of one or
two letters are found whole only. The same answer on every database, because none of them is asked
to take Chinese apart: `offer_gram` names the offers that may match, `INSTR` on the normal form
decides.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable

LONGEST = 2000
"""Characters of a normal form; sellers' titles and attribute values have some hundred."""
IDEOGRAPHIC = 0x2E80
"""From here on a character is a syllable or a word; below, letters make words."""
_RUNS = re.compile("[^\\W_\u2e80-\U0010ffff]+|[^\\W_\x00-\u2e7f]+")
"""Letters and digits below IDEOGRAPHIC, and those from there on."""
LATIN_GRAM = 3
"""Letters of a Latin gram. Two are too common, and one tells nothing."""


def normal(text: str) -> str:
    """The runs of letters of a text, lower case, each between spaces: ` yl01 连衣裙 `.

    NFKC folds full width and compatibility forms. A run is either of Latin and other alphabets and
    digits, or of ideographs; everything else separates. Empty if there is no letter.
    """
    runs = _RUNS.findall(unicodedata.normalize("NFKC", text[: LONGEST * 2]).lower())
    return f" {' '.join(runs)[:LONGEST].rstrip()} " if runs else ""


def _is_ideographic(run: str) -> bool:
    return ord(run[0]) >= IDEOGRAPHIC


def needles(text: str) -> tuple[str, ...]:
    """What must stand in a normal form for the text to be found: one needle a run, each once."""
    return tuple(dict.fromkeys(_needle(run) for run in normal(text).split()))


def _needle(run: str) -> str:
    return f" {run} " if len(run) < LATIN_GRAM and not _is_ideographic(run) else run


def matches(text: str, stored: str) -> bool:
    """Whether a search text is found in a normal form; what the databases are held to."""
    return all(needle in stored for needle in needles(text))


def grams(stored: str) -> frozenset[int]:
    """What a normal form is found by: 32 bits each, never 0.

    Ideographs two by two as they stand, the last of a run with nothing, so that a single one is a
    range (`span`); other letters three by three, as a digest below all ideographs.
    """
    return frozenset(gram for run in stored.split() for gram in _grams_of_run(run))


def _grams_of_run(run: str) -> Iterable[int]:
    if _is_ideographic(run):
        codes = [ord(char) & 0xFFFF for char in run]
        return (first << 16 | second for first, second in zip(codes, [*codes[1:], 0], strict=True))
    size = LATIN_GRAM
    parts = [run[at : at + size] for at in range(len(run) - size + 1)] or [run]
    return (1 + zlib.crc32(part.encode()) % ((IDEOGRAPHIC << 16) - 1) for part in parts)


def spans(needle: str) -> list[tuple[int, int]]:
    """Ranges of grams, ends included; where the needle stands, each of them has a gram."""
    run = needle.strip()
    if _is_ideographic(run):
        if len(run) == 1:
            first = (ord(run) & 0xFFFF) << 16
            return [(first, first | 0xFFFF)]
        run_grams = list(_grams_of_run(run))[:-1]
    else:
        run_grams = list(_grams_of_run(run))
    return [(gram, gram) for gram in dict.fromkeys(run_grams)]
