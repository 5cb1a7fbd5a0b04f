"""Whether a `pwsync` command that stands in a file exists, with all its options."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import typer

from app.cli.main import app

PROGRAM = re.compile(r"^(?:scripts/|/opt/pwsync/bin/)?pwsync$")


def flaw(words: list[str]) -> str | None:
    """What is wrong with the words after `pwsync`; None if nothing is."""
    command, path, rest = typer.main.get_command(app), ["pwsync"], list(words)
    options = _options(command)
    while rest:
        word = rest.pop(0)
        name, _, value = word.partition("=")
        if word == "--":
            break
        if name.startswith("-") and name != "-":
            if name not in options and not _bundled(name, options):
                return f"{' '.join(path)} has no option {name}"
            if options.get(name) and not value and rest:
                rest.pop(0)
        elif commands_of := getattr(command, "commands", None):
            if word not in commands_of:
                return f"{' '.join(path)} has no command {word}"
            command, path = commands_of[word], [*path, word]
            options = _options(command)
    return None


def _options(command: Any) -> dict[str, bool]:
    """Whether each takes a value."""
    found = {"--help": False, "-h": False}
    for one in command.params:
        if one.param_type_name == "option":
            takes = not (one.is_flag or one.count)
            found |= dict.fromkeys([*one.opts, *one.secondary_opts], takes)
    return found


def _bundled(name: str, options: dict[str, bool]) -> bool:
    return re.fullmatch(r"-[a-zA-Z]{2,}", name) is not None and f"-{name[1]}" in options


def commands(script: str) -> Iterator[list[str]]:
    """The words after each `pwsync` of a shell script."""
    lexer = shlex.shlex(script.replace("\\\n", " "), posix=True, punctuation_chars="|&;()<>\n")
    lexer.whitespace, lexer.whitespace_split = " \t\r", True
    found: list[str] | None = None
    for word in [*lexer, "\n"]:
        if set(word) <= set("|&;()\n") or word in "<>":
            if found is not None:
                yield found
            found = None
        elif found is not None:
            found.append(word)
        elif PROGRAM.match(word):
            found = []
