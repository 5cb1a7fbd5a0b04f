"""From settings to alerts, and to those who are told; beside `wiring.py`, which has the rest."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

from sqlalchemy import Engine

from app.alerts.courier import Courier
from app.alerts.notify import mark_of, posts_of
from app.alerts.rules import Alert, Condition, Happened, PriceBelow, PriceDrop, StockBelow
from app.refs import read_refs
from app.sections import Alert as DeclaredAlert
from app.settings import Settings, SettingsError, config_path
from app.store.facts import Kind


def alerts_of(settings: Settings) -> tuple[Alert, ...]:
    """The declared alerts. Raises SettingsError for a file or a ref that cannot be read."""
    return tuple(_alert(one, settings) for one in settings.alert)


def _alert(declared: DeclaredAlert, settings: Settings) -> Alert:
    condition: Condition
    if declared.price_drop is not None:
        condition = PriceDrop(declared.price_drop)
    elif declared.price_below is not None:
        condition = PriceBelow(declared.price_below)
    elif declared.stock_below is not None:
        condition = StockBelow(declared.stock_below)
    else:
        condition = Happened(frozenset(Kind(word) for word in declared.on or ()))
    urls = settings.notify.urls if declared.notify is None else declared.notify
    return Alert(
        name=declared.name,
        condition=condition,
        offers=_watched(declared),
        supplier=declared.supplier,
        batch=declared.batch,
        targets=tuple(sorted({mark_of(url.get_secret_value()) for url in urls})),
    )


def _watched(declared: DeclaredAlert) -> frozenset[str] | None:
    lines: Sequence[str] | None = declared.offers
    if declared.file is not None:
        found = config_path()
        path = (found.parent if found else Path()) / declared.file.expanduser()
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeError) as error:
            raise SettingsError(f"alert '{declared.name}', file: {path}: {error}") from error
    if lines is None:
        return None
    intake = read_refs(lines)
    if intake.rejected:
        first = intake.rejected[0]
        raise SettingsError(f"alert '{declared.name}': {first.text}: {first.reason}")
    return frozenset(ref.offer_id for ref in intake.accepted)


def addresses_of(settings: Settings) -> tuple[str, ...]:
    """Everybody who may have to be told something; secrets."""
    every = (settings.notify.urls, *(one.notify or () for one in settings.alert))
    return tuple(dict.fromkeys(url.get_secret_value() for urls in every for url in urls))


def courier_of(settings: Settings, engine: Engine) -> AbstractContextManager[Courier | None]:
    """Who tells people what has fired; nobody where there is nobody to be told."""
    urls = addresses_of(settings)
    return closing(Courier(engine, posts_of(urls))) if urls else nullcontext()
