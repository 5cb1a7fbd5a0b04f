"""Sentences as they stand in the source of a room, read from its tree with samples at the places."""

import ast
import inspect
from collections.abc import Iterator
from itertools import product
from types import ModuleType

NAMES = {"says", "fix", "reason", "why", "text", "label", "reached", "told", "wrong", "sentence"}
SAMPLE = "7"
RETURNING = {"app.quality.plausible", "app.monitor.watch", "app.discover", "app.canary"}
"""Rooms whose functions return sentences."""


def composed(room: ModuleType) -> Iterator[str]:
    """What a room raises with, returns, or gives one of the names above; each place a SAMPLE."""
    for node in ast.walk(ast.parse(inspect.getsource(room))):
        match node:
            case ast.Raise(exc=ast.Call(args=[value, *_])):
                yield from read(value, room)
            case ast.keyword(arg=name, value=value) if name in NAMES:
                yield from read(value, room)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in NAMES:
                yield from read(value, room)
            case ast.Call(func=ast.Attribute(attr="__init__"), args=[value, *_]):
                yield from read(value, room)
            case ast.Return(value=value) if room.__name__ in RETURNING:
                yield from read(value, room)


def read(node: ast.AST | None, room: ModuleType) -> list[str]:
    """The sentences of an expression: all of them where it has choices."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=body, orelse=other):
            return [*read(body, room), *read(other, room)]
        case ast.JoinedStr(values=parts):
            return ["".join(each) for each in product(*(pieces(part, room) for part in parts))]
    return []


def pieces(part: ast.AST, room: ModuleType) -> list[str]:
    """What may stand at a place of a sentence."""
    match part:
        case ast.FormattedValue(format_spec=spec) if spec and "%" in ast.unparse(spec):
            return [f"{SAMPLE}%"]
        case ast.FormattedValue(value=ast.Name(id=name)) if isinstance(vars(room).get(name), str):
            return [str(vars(room)[name])]
        case ast.FormattedValue(value=ast.Call(func=ast.Name(id="shown"))):
            return [f"'{SAMPLE}'"]
        case ast.FormattedValue(value=choice):
            return read(choice, room) or [SAMPLE]
    return read(part, room)
