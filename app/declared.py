"""What can be set: each setting with what it means and its default, and where its value came from.

Read off the models in `settings.py` and `sections.py`, so that no list beside them grows old.
"""

import ast
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise
from sys import modules
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.settings import PREFIX, Settings, config_path

URLS = frozenset({"database_url", "redis_url"})
"""Texts that may hold a password in their middle."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """One setting that there is."""

    name: str
    """Without its section."""
    says: str
    required: bool
    default: Any
    """As TOML and JSON have it; None: it is left out."""
    example: Any
    """A value that is taken; None where the default serves as one."""
    secret: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One section; the settings of no section are the table without a name."""

    name: str
    says: str
    settings: tuple[Declared, ...]
    repeats: bool = False
    """`[[name]]`: there may be several, and none is there by itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One setting in force."""

    name: str
    """Dotted, as `browser.contexts`; `batch.0.cron` is of the first batch."""
    value: Any
    """As it may be shown: secrets are masked."""
    origin: str
    """`default`, the file, or the variable it came from."""


def tables() -> tuple[Table, ...]:
    """Everything that can be set, in the order of the models."""
    inner = {name: found for name in Settings.model_fields if (found := _section(name))}
    plain = [name for name in Settings.model_fields if name not in inner]
    first = Table(name="", says="", settings=tuple(_of(Settings, plain)))
    return (first, *(_table(name, *found) for name, found in inner.items()))


def _table(name: str, model: type[BaseModel], repeats: bool) -> Table:
    says = cleandoc(model.__doc__ or "").rpartition("`: ")[2]
    return Table(
        name=name, says=says, settings=tuple(_of(model, model.model_fields)), repeats=repeats
    )


def _section(name: str) -> tuple[type[BaseModel], bool] | None:
    """The model of a section, and whether there may be several; None for a plain setting."""
    kind: Any = Settings.model_fields[name].annotation
    for found, repeats in ((kind, False), (next(iter(get_args(kind)), None), True)):
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found, repeats
    return None


def _of(model: type[BaseModel], names: Any) -> Iterator[Declared]:
    said = _words(model.__module__)[model.__name__]
    for name in names:
        field = model.model_fields[name]
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        yield Declared(
            name=name,
            says=said.get(name, ""),
            required=field.is_required(),
            default=to_jsonable_python(default),
            example=next(iter(field.examples or ()), None),
            secret=name in URLS or _is_secret(field),
        )


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr.__name__ in repr(field.annotation)


@cache
def _words(module: str) -> Mapping[str, Mapping[str, str]]:
    """What stands under each field, by class and field."""
    classes = [
        one for one in ast.parse(getsource(modules[module])).body if isinstance(one, ast.ClassDef)
    ]
    return {one.name: dict(_under_fields(one.body)) for one in classes}


def _under_fields(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, cleandoc(text)


def in_force(settings: Settings) -> list[Setting]:
    """Every setting with its value and where that came from, in the order of the models."""
    path = config_path()
    file = TomlConfigSettingsSource(Settings, path)() if path else {}
    told = _Origins(EnvSettingsSource(Settings)(), file, str(path))
    return [
        Setting(name=".".join(keys), value=value, origin=told.of(keys))
        for keys, value in _leaves((), masked(settings))
    ]


def masked(settings: Settings) -> dict[str, Any]:
    """All settings as they may be shown. The database is that in force, the embedded one too."""
    shown = settings.model_dump(mode="json") | {"database_url": settings.database}
    return shown | {name: _without_password(shown[name]) for name in URLS}


def _leaves(keys: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        value = {str(place): one for place, one in enumerate(value)}
    if not isinstance(value, dict):
        yield keys, value
        return
    for name, part in value.items():
        yield from _leaves((*keys, name), part)


def _without_password(url: str | None) -> str | None:
    try:
        return url and make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "a URL that does not parse"


@dataclass(frozen=True, slots=True)
class _Origins:
    env: Mapping[str, Any]
    file: Mapping[str, Any]
    path: str

    def of(self, keys: tuple[str, ...]) -> str:
        if _has(self.env, keys):
            return _variable(keys)
        return self.path if _has(self.file, keys) else "default"


def _has(given: Any, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if isinstance(given, list) and key.isdecimal() and int(key) < len(given):
            given = given[int(key)]
        elif isinstance(given, dict) and key in given:
            given = given[key]
        else:
            return False
    return True


def _variable(keys: tuple[str, ...]) -> str:
    """The variable that is set: of the setting itself, or of its section as JSON."""
    there = {name.upper() for name in os.environ}
    names = (f"{PREFIX}{'__'.join(keys[:end])}".upper() for end in range(len(keys), 0, -1))
    return next((name for name in names if name in there), PREFIX)
