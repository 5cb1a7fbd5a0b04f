"""The description scripts of offers, in the three forms that the CDN serves, and what they show."""

import json
import re

from app.replica.cases import Era
from app.replica.values import Offer

_ADDRESS = re.compile(r"^/(?:1688offer/icoss(\d{12})a|desc/icoss!(\d{12})!|tfscom/TB1x(\d{12})X)")


def offer_id(path: str) -> str | None:
    """Whose description the path names."""
    found = _ADDRESS.match(path)
    return next(filter(None, found.groups())) if found else None


def images(offer: Offer) -> tuple[str, ...]:
    """The pictures that the description shows, in order."""
    user = offer.supplier.user_id
    count = 4 + offer.index % 8
    return tuple(
        f"https://cbu01.alicdn.com/img/ibank/O1CN01d{offer.offer_id}x{number:02d}yz_!!{user}-0-cib.jpg"
        for number in range(count)
    )


def markup(offer: Offer) -> str:
    """The HTML inside: lazy pictures, a spacer and an advertising map, as sellers leave them."""
    lines = [f'<div id="offer-template-0"></div><p>{offer.product.noun} 样例详情</p>']
    for number, url in enumerate(images(offer)):
        name = ("src", "data-lazyload", "data-src")[number % 3]
        lines.append(
            f'<img style="display: block;width: 100.0%" {name}="{url}" usemap="#_sdmap_{number}"/>'
        )
    lines.append('<img src="https://img.alicdn.com/imgextra/i1/spacer-tps-1-1.gif"/>')
    return "".join(lines)


def script(offer: Offer) -> tuple[bytes, str]:
    """The script as served, and its charset."""
    html = markup(offer)
    if offer.era is Era.DETAIL_CONFIG:
        text = f'var offer_details={{"content":{json.dumps(html, ensure_ascii=False)}}};'
        return text.encode("gb18030"), "GBK"
    if offer.index % 3 == 2:  # noqa: PLR2004 - the form of the address with `?var=desc`
        return f"var desc='{html}';".encode(), "utf-8"
    if offer.index % 3 == 1:
        return f"var offer_details = {{ content: '{html}' }};".encode(), "utf-8"
    return (
        f"var offer_details={json.dumps({'content': html}, ensure_ascii=False)};".encode(),
        "utf-8",
    )
