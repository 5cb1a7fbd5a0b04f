"""Cookies that a person brings along from a browser: three forms in, one out. Pure.

Playwright's `storage_state`, the JSON list that browser extensions export (Cookie-Editor,
EditThisCookie), and the cookies.txt of Netscape. Only the site's own are kept: a browser's file
holds the person's whole life.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from app.profiles.jar import CookiesRefused, is_storage

SITES = ("1688.com", "taobao.com", "alibaba.com", "alicdn.com")
"""Sites whose cookies pages of 1688 see (site/lists-shops-blocks-login.md §d3)."""
HOME = "1688.com"
USER, FLAG = "unb", "__cn_logon__"
"""A user's number, only there when logged in; `true` when logged in, `false` for guests."""
NAMES = ("__cn_logon_id__", "lid", "_nk_", "tracknick")
"""Where the login name stands, best first."""
_SAME_SITE = {"strict": "Strict", "lax": "Lax", "none": "None", "no_restriction": "None"}
_FIELDS = 7
_HTTP_ONLY = "#HttpOnly_"
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_PLAIN = re.compile(r"[!-~ ]*")

Cookie = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """Cookies of an account, ready to be kept."""

    storage: dict[str, Any]
    account: str
    """As whom they are logged in."""
    dropped: int
    """Cookies of other sites, expired or malformed ones."""


def read_cookies(text: str, present: datetime | None = None) -> Imported:
    """The site's cookies out of a file's text; none that are expired at `present`, or now.

    Raises CookiesRefused.
    """
    present = present or datetime.now(UTC)
    found = list(_cookies(text.strip().removeprefix("\ufeff")))
    kept = [cookie for cookie in found if cookie and _is_good(cookie, present)]
    account = account_of(kept)
    if account is None:
        raise CookiesRefused(
            f"none of the {len(found):,} cookies is a login at 1688.com ({USER} or {FLAG}=true); "
            "log in with your browser, open a page of 1688.com, and export again"
        )
    return Imported(
        storage={"cookies": kept, "origins": []}, account=account, dropped=len(found) - len(kept)
    )


def account_of(cookies: list[Cookie]) -> str | None:
    """The login name, or the user's number; None if nobody is logged in."""
    ours = {one["name"]: one["value"] for one in cookies if _is_of(one["domain"], HOME)}
    if not ours.get(USER) and ours.get(FLAG) != "true":
        return None
    names = (_decoded(ours[name]) for name in NAMES if ours.get(name))
    return next(names, ours.get(USER) or "an unnamed account")


def _cookies(text: str) -> Iterator[Cookie | None]:
    """Every cookie in the text; None for one that is malformed. Raises CookiesRefused."""
    if not text.startswith(("{", "[")):
        yield from _of_netscape(text)
        return
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CookiesRefused(f"the file of cookies is no JSON: {error}") from None
    listed = found["cookies"] if is_storage(found) else found
    if not isinstance(listed, list):
        raise CookiesRefused(
            "the file holds no cookies; export them as JSON (Cookie-Editor), cookies.txt "
            "(Netscape) or Playwright's storage state"
        )
    for one in listed:
        yield _of_json(one) if isinstance(one, Mapping) else None


def _of_json(found: Mapping[str, Any]) -> Cookie | None:
    name, value, domain = (found.get(key) for key in ("name", "value", "domain"))
    if not (isinstance(name, str) and isinstance(value, str) and isinstance(domain, str)):
        return None
    expires = found.get("expirationDate", found.get("expires"))
    return _cookie(
        name=name,
        value=value,
        domain=domain,
        path=str(found.get("path") or "/"),
        expires=float(expires) if isinstance(expires, (int, float)) else -1,
        http_only=found.get("httpOnly") is True,
        secure=found.get("secure") is True,
        same_site=str(found.get("sameSite")),
    )


def _of_netscape(text: str) -> Iterator[Cookie | None]:
    for line in text.splitlines():
        is_http_only = line.startswith(_HTTP_ONLY)
        if not line.strip() or (line.startswith("#") and not is_http_only):
            continue
        fields = line.removeprefix(_HTTP_ONLY).split("\t")
        if len(fields) != _FIELDS:
            yield None
            continue
        domain, _, path, secure, expires, name, value = fields
        yield _cookie(
            name=name,
            value=value,
            domain=domain,
            path=path,
            expires=float(expires) if expires.isdecimal() and int(expires) else -1,
            http_only=is_http_only,
            secure=secure.upper() == "TRUE",
            same_site="",
        )


def _cookie(
    *,
    name: str,
    value: str,
    domain: str,
    path: str,
    expires: float,
    http_only: bool,
    secure: bool,
    same_site: str,
) -> Cookie:
    """In Playwright's form. What names no rule gets the engine's own, Lax."""
    rule = _SAME_SITE.get(same_site.lower(), "Lax")
    return {
        "name": name,
        "value": value,
        "domain": domain.lower(),
        "path": path,
        "expires": expires,
        "httpOnly": http_only,
        "secure": secure,
        "sameSite": "Lax" if rule == "None" and not secure else rule,
    }


def _is_good(cookie: Cookie, present: datetime) -> bool:
    return (
        any(_is_of(cookie["domain"], site) for site in SITES)
        and bool(cookie["name"])
        and cookie["path"].startswith("/")
        and all(_PLAIN.fullmatch(cookie[key]) for key in ("name", "value", "domain", "path"))
        and (cookie["expires"] < 0 or cookie["expires"] > present.timestamp())
    )


def _is_of(domain: str, site: str) -> bool:
    host = domain.removeprefix(".")
    return host == site or host.endswith(f".{site}")


def _decoded(value: str) -> str:
    r"""A name as the site writes it into cookies: Chinese as `\uXXXX`, with percents or without."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), unquote(value)).strip('"')
