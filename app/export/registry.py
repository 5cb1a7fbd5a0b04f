"""The formats, found by scanning their folder: one file a format, each with a FORMAT."""

import importlib
import pkgutil
from functools import cache

from app.export import formats
from app.export.base import Format
from app.export.values import ExportError


@cache
def known_formats() -> dict[str, Format]:
    """Every FORMAT in `formats/`, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(formats.__path__))
    found = [importlib.import_module(f"{formats.__name__}.{name}").FORMAT for name in names]
    return {each.name: each for each in found}


def format_of(name: str) -> Format:
    """The format of a name. Raises ExportError."""
    found = known_formats().get(name)
    if found is None:
        raise ExportError(f"there is no format '{name}'; known: {', '.join(known_formats())}")
    return found
