"""What an offer says is text on every page that shows it, in a real browser, whatever it says."""

from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from app.items import AxisValue, OfferItem, Sku, SkuAxis
from app.refs import Intake, OfferRef
from app.runs.opening import open_run
from app.store.engine import transact
from app.store.offers import Observation, save
from tests.console.test_in_a_browser import visit
from tests.samples import item

OFFER = "688888888801"
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "event": "<img src=x onerror=alert(2)>",
    "svg": "<svg/onload=alert(3)>",
    "javascript": "javascript:alert(4)",
    "braces": "{{7*7}}{%include'/etc/passwd'%}${7*7}{0}",
    "quotes": "\"autofocus/onfocus='alert(5)'x=\"'>",
    "closing": "</textarea></title></pre><script>alert(6)</script>",
    "direction": "\u202egnp.tpircs\u2066\u200b\ufeff",
    "css": "<style>body{background:url(//out.test/c)}</style>url(//out.test/d)",
    "data": "data:text/html,<script>alert(7)</script>",
    "entities": "&lt;script&gt;alert(8)&#60;/script&#x3e;&amp;lt;b&amp;gt;",
    "long": "长" * 400,
}


def hostile(payloads: list[str]) -> OfferItem:
    """An offer that says all of it in every place that a page's text reaches."""
    images = ["https://cbu01.alicdn.com/img/" + "".join(one.split()) for one in payloads]
    values = [AxisValue(name=one, image_url=url) for one, url in zip(payloads, images, strict=True)]
    skus = [Sku(sku_id=str(n), options={payloads[0]: one}) for n, one in enumerate(payloads)]
    told = item(OFFER).model_dump() | {
        "title": " ".join(payloads),
        "unit": payloads[2],
        "images": images,
        "sku_axes": [SkuAxis(name=payloads[0], values=values)],
        "skus": skus,
        "attributes": [{"name": one, "values": [one, "x"]} for one in payloads],
        "services": [{"code": None, "name": one} for one in payloads],
        "freight": {"ship_from": "浙江 " + payloads[1]},
        "category": {"leaf_id": "1", "leaf_name": payloads[0], "path": payloads},
        "provenance": {"title": {"carrier": payloads[0], "path": payloads[6]}},
    }
    told["supplier"] |= {
        "member_id": payloads[2],
        "login_id": payloads[5],
        "company_name": " ".join(payloads),
        "shop_url": images[3],
    }
    return OfferItem.model_validate(told)


@pytest.fixture(scope="module")
def stored(engine, server) -> str:
    """Stored twice: what changed is hostile before and after."""
    payloads = list(HOSTILE.values())
    run = open_run(engine, Intake(accepted=(OfferRef(offer_id=OFFER),)), kind="sync")
    for order in (payloads, [*payloads[:3], *payloads[:2:-1]]):
        seen = Observation(run_id=run.id, token=1, observed_at=datetime.now(UTC))
        transact(engine, partial(save, item=hostile(order), seen=seen))
    return OFFER


def test_it_stays_text_wherever_it_is_shown(browser, server, tokens, stored):
    page = visit(browser, server, tokens["run"], width=1280, scheme="light")
    said: list[str] = []
    page.on("dialog", lambda one: (said.append(one.message), one.dismiss()))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda one: said.append(one.text) if "Content Sec" in one.text else None)
    page.on("request", lambda one: said.append(one.url) if server.url not in one.url else None)
    everything = " ".join(HOSTILE.values())
    typed = {"q": everything[:400], "where": everything[:400], "supplier": everything[:150]}
    paths = [
        f"/offers?where=id={stored}",
        f"/offers/{stored}",
        "/changes?hours=1",
        "/suppliers",
        *(f"/offers?{urlencode({name: text})}" for name, text in typed.items()),
        f"/runs/new?{urlencode({'refs': everything[:1500]})}",
    ]
    for path in paths:
        page.goto(server.url + path)
        page.wait_for_load_state("networkidle")
        if path == f"/offers/{stored}":  # the page of its own supplier, whose key is hostile, too
            paths.append(page.locator("main a[href^='/suppliers/']").get_attribute("href"))
    assert said == []
    assert paths[-1].startswith("/suppliers/")
    page.goto(f"{server.url}/offers/{stored}")
    heading = page.locator("h1").inner_text()
    for name, payload in HOSTILE.items():
        assert payload in heading, name
    assert "49" not in heading
    assert page.locator("main script, main style, main svg[onload], main [onerror]").count() == 0
    page.context.close()


def test_what_no_database_can_keep_is_no_title():
    with pytest.raises(ValidationError):
        item(title="a\x00b")
