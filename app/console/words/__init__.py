"""What the console says, in the languages it speaks.

English is the key and stands in the templates; a language is a folder of TOML files, each a table
from English to that language, a file for each place of the console. Sentences that come from
elsewhere are in `sentences.py`.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "中文"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """English to the language; empty for English itself."""
    return read_folder(language)


def read_folder(name: str) -> dict[str, str]:
    """The tables of a folder in one; empty where there is none."""
    found: dict[str, str] = {}
    folder = files("app.console.words") / name
    for file in sorted(folder.iterdir(), key=lambda one: one.name) if folder.is_dir() else ():
        if file.name.endswith(".toml"):
            found |= tomllib.loads(file.read_text(encoding="utf-8"))
    return found


def chosen(cookie: str, accepts: str) -> str:
    """The language somebody chose, or else the first that the browser asks for and we speak."""
    if cookie in LANGUAGES:
        return cookie
    for part in accepts.split(","):
        language = part.partition(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return "en"


def said(language: str, english: str, **values: object) -> str:
    """A sentence in the language, with values in its {places}; English if nobody translated it."""
    sentence = catalogue(language).get(english, english)
    return sentence.format(**values) if values else sentence
