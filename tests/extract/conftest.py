"""Real pages, where this machine has them: they are other people's and never committed."""

import json
from pathlib import Path

import pytest

from app.extract.base import Snapshot
from app.extract.registry import read

CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures"


@pytest.fixture(scope="session")
def captures():
    if not CAPTURES.is_dir():
        pytest.skip("the real captures are not on this machine (../shared/captures)")
    return CAPTURES


@pytest.fixture(scope="session")
def capture(captures):
    """The bytes of one real page."""

    def load(name):
        return (captures / name).read_bytes()

    return load


@pytest.fixture(scope="session")
def read_capture(capture):
    """The item of one real page."""

    def item_of(name):
        return read(Snapshot(document=capture(name)))

    return item_of


AXES = [
    {
        "fid": 3216,
        "prop": "颜色",
        "value": [
            {"name": "红", "imageUrl": "//cbu01.alicdn.com/img/ibank/r.jpg"},
            {"name": "A>B"},
        ],
    },
    {"fid": 450, "prop": "尺码", "value": [{"name": "S"}, {"name": "M;1"}]},
]


def sku(number, spec, **more):
    """One SKU as the site keeps it; prices only where given."""
    return {
        "skuId": 5000000000 + number,
        "specId": f"{number:032x}",
        "specAttrs": spec,
        "canBookCount": 10,
        "saleCount": 0,
        **more,
    }


class ContextPage:
    """A small `window.context` page whose parts a test changes before it is written."""

    def __init__(self):
        self.offer = {
            "offerId": 610947572360,
            "subject": "样例水杯",
            "status": "PUBLISHED",
            "skuProps": [dict(axis) for axis in AXES],
            "offerSystemAttributes": {"selling": True, "createDate": 1752391585000},
            "offerSign": {"skuOffer": True},
        }
        self.trade = {
            "beginAmount": 2,
            "unit": "件",
            "offerPriceModel": {
                "priceDisplayType": "skuPrice",
                "currentPrices": [
                    {"beginAmount": 2, "price": "5.00"},
                    {"beginAmount": 2, "price": "9.50"},
                ],
            },
            "skuMap": [
                sku(1, "红&gt;S", price="5.00"),
                sku(2, "红&gt;M;1", price="5.00"),
                sku(3, "A>B&gt;S", price="9.50"),
                sku(4, "A>B&gt;M;1", price="9.50", canBookCount=0),
            ],
        }
        self.model = {"offerDetail": self.offer, "tradeModel": self.trade}
        self.modules = {}

    def without_skus(self):
        self.offer["offerSign"]["skuOffer"] = False
        del self.offer["skuProps"]
        del self.trade["skuMap"]
        return self

    def ladder(self, *steps):
        """`(from, price)` steps; SKUs carry no price then."""
        self.trade["offerPriceModel"] = {
            "priceDisplayType": "rangePrice",
            "currentPrices": [{"beginAmount": start, "price": price} for start, price in steps],
        }
        for row in self.trade.get("skuMap", []):
            row.pop("price", None)
        return self

    def state(self):
        data = {name: {"fields": fields} for name, fields in self.modules.items()}
        return {
            "result": {"data": data, "global": {"globalData": {"model": self.model}}},
            "module": {},
        }

    def html(self, literal=None):
        literal = literal or json.dumps(self.state(), ensure_ascii=False)
        return (
            '<!DOCTYPE html><html><head><meta charset="UTF-8"><title>样例</title></head><body><script>\n'
            'window.contextPath = "/default";\n'
            f"window.context=(function(b,d){{return d}})(window.contextPath,{literal});\n"
            "</script><script> try { var gallery = window.context.result; } catch(e){} </script></body></html>"
        ).encode()

    def read(self, **seen):
        return read(Snapshot(document=self.html(), **seen))


@pytest.fixture
def page():
    return ContextPage()


@pytest.fixture(scope="session")
def make_page():
    return ContextPage
