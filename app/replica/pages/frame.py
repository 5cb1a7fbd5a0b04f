"""The resources that a page of each era asks for beside itself: scripts, styles, pictures, beacons.

Tables; the server answers these addresses, the pages name them. Nothing of an offer is in here.
"""

from dataclasses import dataclass


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


def script_tag(script: Script) -> str:
    return f'<script src="{script.url}" {script.attributes}></script>'


def tags(scripts: tuple[Script, ...]) -> str:
    return "\n".join(script_tag(script) for script in scripts)


def style_tags() -> str:
    return "\n".join(f'<link rel="stylesheet" href="{url}">' for url in STYLES)
