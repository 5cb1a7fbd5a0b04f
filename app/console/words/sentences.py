"""Sentences that the program composed elsewhere, retold in a language of the console.

Beside a language's words lies its folder `sentences`: tables from an English pattern to the
language, a file for each origin. A pattern has named places: `{name}` holds any text, `{name#}` a
number, `{name*}` a sentence that is retold itself. What fits no pattern from end to end stays as it
is. Values may be a page's own words: they are plain text here and escaped where they are shown.

No sentence makes this slow: each literal is looked for once, from left to right, and what was found
is never looked for elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from app.console.words import catalogue, read_folder

LONGEST = 1_200
"""Characters; what is longer is a page's and no sentence of ours."""
DEEPEST = 4
"""Sentences within sentences that are retold."""
_PLACE = re.compile(r"\{([a-z]+)([#*]?)\}")
_HOLDS = {"": ".+?", "*": ".+?", "#": "[0-9][0-9.,]*"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """One English sentence with its places, and how it is told."""

    form: re.Pattern[str]
    told: str
    literal: int
    """Characters that are the sentence's own: the more, the surer it is meant."""
    nested: frozenset[str]
    """Places that hold a sentence."""

    @classmethod
    def of(cls, english: str, told: str) -> "Pattern":
        """Read a line of the table."""
        first, *rest = _PLACE.split(english)
        names, kinds, literals = rest[::3], rest[1::3], rest[2::3]
        parts = [
            f"(?P<{name}>{_HOLDS[kind]}){re.escape(literal)}"
            for name, kind, literal in zip(names, kinds, literals, strict=True)
        ]
        form = re.escape(first) + "".join(f"(?>{part})" for part in parts[:-1]) + parts[-1]
        return cls(
            form=re.compile(form, re.DOTALL),
            told=told,
            literal=len(first) + sum(map(len, literals)),
            nested=frozenset(n for n, kind in zip(names, kinds, strict=True) if kind == "*"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentences:
    """Those of one language."""

    whole: Mapping[str, str]
    """Without places."""
    patterns: tuple[Pattern, ...]
    """The one with the longest literal first."""

    def retold(self, sentence: str, depth: int = DEEPEST) -> str:
        """The sentence in the language, or as it is."""
        if sentence in self.whole or not depth:
            return self.whole.get(sentence, sentence)
        for pattern in self.patterns:
            if found := pattern.form.fullmatch(sentence):
                values = found.groupdict()
                values |= {n: self.retold(values[n], depth - 1) for n in pattern.nested}
                return pattern.told.format_map(values)
        return sentence


@cache
def sentences(language: str) -> Sentences:
    """All that a language can retell, its catalogue's words among it; nothing for English."""
    table = read_folder(f"{language}/sentences")
    made = [Pattern.of(english, told) for english, told in table.items() if "{" in english]
    return Sentences(
        whole={**catalogue(language), **{one: table[one] for one in table if "{" not in one}},
        patterns=tuple(sorted(made, key=lambda one: -one.literal)),
    )


@lru_cache(maxsize=1024)
def retold(language: str, sentence: str) -> str:
    """A composed English sentence in the language; English if nobody translated it."""
    return sentence if len(sentence) > LONGEST else sentences(language).retold(sentence)
