"""`pwsync.toml` as a text: what was chosen, and all that could be, each with its meaning."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from app.declared import Declared, Table, tables

WIDTH = 98
HEAD = """\
What can be set of pwsync. A line that begins with # and a name shows the default, or an example
where nothing is set by default; take the # away to set it. A flag wins over the environment, the
environment over this file. There browser.contexts is PWSYNC_BROWSER__CONTEXTS, and there secrets
belong. `pwsync config show --origin` tells what is in force and where it comes from."""

Chosen = Mapping[str, Any]
"""By dotted name; of tables that repeat, of the first one: `profile.name`."""


def text(chosen: Chosen) -> str:
    """The whole file."""
    parts = [_comment(HEAD), *(_table(one, chosen) for one in tables())]
    return "\n\n".join(parts) + "\n"


def _table(table: Table, chosen: Chosen) -> str:
    dot = f"{table.name}." if table.name else ""
    own = {name.removeprefix(dot): chosen[name] for name in chosen if name.startswith(dot)}
    settings = "\n".join(line for one in table.settings for line in _setting(one, own))
    if not table.name:
        return settings
    head = f"[[{table.name}]]" if table.repeats else f"[{table.name}]"
    off = "#" if table.repeats and not any(one.name in own for one in table.settings) else ""
    return f"{_comment(table.says[:1].upper() + table.says[1:])}\n{off}{head}\n{settings}"


def _setting(one: Declared, own: Chosen) -> Iterator[str]:
    yield _comment(f"{one.says} {_usual(one)}")
    if one.name in own:
        yield f"{one.name} = {literal(own[one.name])}"
    else:
        yield f"#{one.name} = {literal(one.example if one.default is None else one.default)}"


def _usual(one: Declared) -> str:
    if one.required:
        return "Must be set."
    return "Default: none." if one.default is None else f"Default: {literal(one.default)}."


def _comment(words: str) -> str:
    plain = " ".join(words.split())
    return textwrap.fill(
        plain, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


def literal(value: Any) -> str:
    """A value in TOML: what JSON writes of texts, numbers, bools and lists of them is TOML, too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
