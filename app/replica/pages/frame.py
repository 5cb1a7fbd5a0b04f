"""What stands around the state of a page: the resources it asks for, and its weight in markup.

The server answers the addresses of these tables, the pages name them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from app.replica.pages import padding
from app.replica.values import Offer


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A script by address, with the weight it is served with."""

    url: str
    kilobytes: int
    attributes: str = ""
    renders: bool = False
    """Draws the page from its state, as the site's own bundle does."""


SCRIPTS: tuple[Script, ...] = (
    Script(url="https://i.alicdn.com/s/polyfill.min.js?features=default,es2017", kilobytes=60),
    Script(url="https://o.alicdn.com/1688-pc/pc-dynamic-sc/index.js", kilobytes=40),
    Script(
        url="https://g.alicdn.com/jstracker/sdk-assests/5.7.1/index.js",
        kilobytes=90,
        attributes="crossorigin",
    ),
    Script(
        url="https://g.alicdn.com/odt/web-based/2.3.5/??fmd.js,react.js,antd.js,lodash.js",
        kilobytes=640,
    ),
    Script(
        url="https://g.alicdn.com/upkg-solution/detail/0.0.44/index.js",
        kilobytes=420,
        attributes="crossorigin",
        renders=True,
    ),
    Script(
        url="https://o.alicdn.com/1688-pc/pc-dynamic-sc/alibar.js",
        kilobytes=120,
        attributes="defer",
    ),
    Script(
        url="https://g.alicdn.com/odt/global-script/0.0.10/index.js",
        kilobytes=70,
        attributes="defer",
    ),
    Script(
        url="https://g.alicdn.com/code/npm/@ali/od-global/0.0.1/index.js",
        kilobytes=60,
        attributes="async",
    ),
)
"""Eight scripts, 1.5 MB together."""

STYLES: tuple[str, ...] = (
    "https://g.alicdn.com/upkg-solution/detail/0.0.44/index.css",
    "https://g.alicdn.com/odt/web-based/2.3.5/antd.css",
    "https://o.alicdn.com/1688-pc/pc-dynamic-sc/alibar.css",
)

BEACONS = 10
"""Pictures of one point that the page sends to the log hosts."""

PICTURES = 40
"""Pictures on a desktop page, the offer's own included."""


def dressed(
    offer: Offer,
    page: str,
    state: str,
    marks: Mapping[str, str],
    *,
    padded: bool,
    wanted: int = padding.HTML_CHARACTERS,
) -> str:
    """The page with its marks filled in; `padded` adds resources and markup up to `wanted` characters.

    Three fifths of the added markup come before the state, where the page has its `%BEFORE%`.
    """
    marks = {"%ID%": offer.offer_id, "%TITLE%": escape(offer.title), **marks, "%STATE%": state}
    for mark, text in marks.items():
        page = page.replace(mark, text)
    missing = max(0, wanted - len(page)) if padded else 0
    added = {
        "%BEFORE%": padding.markup(offer.seed, "before", missing * 3 // 5),
        "%AFTER%": padding.markup(offer.seed, "after", missing * 2 // 5),
        "%FIRST%": _tags(SCRIPTS[:2]) if padded else "",
        "%LAST%": _tags(SCRIPTS[2:]) if padded else "",
        "%STYLES%": _style_tags() if padded else "",
    }
    for mark, text in added.items():
        page = page.replace(mark, text)
    return page


def _tags(scripts: tuple[Script, ...]) -> str:
    return "\n".join(
        f'<script src="{script.url}" {script.attributes}></script>' for script in scripts
    )


def _style_tags() -> str:
    return "\n".join(f'<link rel="stylesheet" href="{url}">' for url in STYLES)
