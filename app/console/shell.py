"""What every page of the console has: templates, language, who looks at it, what was just done."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from importlib.resources import files
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.access.callers import caller_of
from app.access.login import LANGUAGE
from app.console.nav import CHAPTERS, PLACES
from app.console.words import LANGUAGES, chosen, said, sentences
from app.services.desk import Desk

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-src 'self'; frame-ancestors 'none'"
)
SAID = "pwsync_said"
"""Cookie: a sentence for the page that follows a deed."""
SAID_SECONDS = 60


def desk_of(request: Request) -> Desk:
    """What pages are made from."""
    desk: Desk = request.app.state.desk
    return desk


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page of the console; `values` are the template's own, escaped where they are shown."""
    body = _template(template).render(_common(request) | values)
    answer = HTMLResponse(body, status_code=status, headers={"Content-Security-Policy": POLICY})
    if request.cookies.get(SAID):
        answer.delete_cookie(SAID, samesite="strict")
    return answer


def fragment(request: Request, template: str, **values: Any) -> str:
    """A part of a page, as a live page replaces it."""
    return _template(template).render(_common(request) | values)


def event(name: str, html: str) -> str:
    """A part of a page on its way to a live page: `name` is the id of what it replaces."""
    lines = "\n".join(f"data: {line}" for line in html.splitlines() or [""])
    return f"event: {name}\n{lines}\n\n"


def done(to: str, sentence: str = "") -> Response:
    """Go to a page of ours and say there, once, what was done. `to` is a path made by us."""
    answer = RedirectResponse(to, status_code=303)
    if sentence:
        answer.set_cookie(
            SAID, quote(sentence[:300]), max_age=SAID_SECONDS, httponly=True, samesite="strict"
        )
    return answer


def language_of(request: Request) -> str:
    """The language of the answer."""
    cookie = request.cookies.get(LANGUAGE, "")
    return chosen(cookie, request.headers.get("accept-language", ""))


def _common(request: Request) -> dict[str, Any]:
    language = language_of(request)
    say = partial(said, language)
    return {
        "_": say,
        "gettext": say,
        "language": language,
        "languages": LANGUAGES,
        "caller": caller_of(request),
        "chapters": CHAPTERS,
        "places": PLACES,
        "path": request.url.path,
        "query": str(request.url.query),
        "just_said": unquote(request.cookies.get(SAID, "")),
        "asset": asset,
    }


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("app.console"),
        auto_reload=False,  # of a pwsync that is upgraded while it serves, code and pages stay one
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    made.filters |= FILTERS
    return made


def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def asset(name: str) -> str:
    """The address of a static file; another one whenever its content is."""
    content = (files("app.console") / "static" / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


# Filters


def number(value: float | Decimal | None, missing: str = "–") -> str:
    """`12,345`; a dash for what is not known."""
    return missing if value is None else f"{value:,}"


def yuan(value: Decimal | str | None, missing: str = "–") -> str:
    """`¥ 12.50` that no line breaks, no more digits than cents; a dash for what is not known."""
    if value is None:
        return missing
    exact = Decimal(value)
    shown = f"{exact:,.2f}" if exact == round(exact, 2) else f"{exact:,.4f}".rstrip("0")
    return f"¥\N{NO-BREAK SPACE}{shown}"


def iso(value: datetime | None) -> str:
    """A moment as `<time datetime>` wants it."""
    return "" if value is None else value.isoformat(timespec="seconds")


def moment(value: datetime | None, missing: str = "–") -> str:
    """A moment by the server's clock; the page's script turns it into the reader's."""
    return missing if value is None else f"{value.astimezone():%Y-%m-%d %H:%M:%S}"


def percent(value: float | None, missing: str = "–") -> str:
    """`98.2 %` of a share."""
    return missing if value is None else f"{value * 100:.1f} %"


def told(value: Any, missing: str = "–") -> str:
    """A value of a change in one line; what has parts as JSON."""
    if value is None:
        return missing
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def lasting(value: float | None, missing: str = "–") -> str:
    """Seconds as `850 ms`, `12 s`, `4 min 10 s`, `3 h 20 min`."""
    if value is None:
        return missing
    if value < 1:
        return f"{value * 1000:.0f} ms"
    minutes, seconds = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


@pass_context
def retold(context: Context, sentence: object) -> str:
    """What another part of the program has said, in the page's language; empty for nothing.

    Its values may be a page's words: this is text like any other, and escaped where it is shown.
    """
    return sentences.retold(context["language"], str(sentence or ""))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": number,
    "yuan": yuan,
    "iso": iso,
    "moment": moment,
    "percent": percent,
    "lasting": lasting,
    "told": told,
    "retold": retold,
}
