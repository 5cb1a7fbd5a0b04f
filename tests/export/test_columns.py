"""Columns by name and by map: what they read, what is done to it, and how a mistake is told."""

from decimal import Decimal

import pytest

from app.export.columns import chosen, shipped, usual
from app.export.sources import SOURCES
from app.export.values import ExportError, Kind, Per, Record, lines
from app.store.offers import load
from tests.export.conftest import store
from tests.samples import item


@pytest.fixture
def record(sqlite_engine):
    offer = item(
        freight={"ship_from": "广东省广州市", "free": True},
        category={"leaf_id": "1", "leaf_name": "女装", "path": ["服饰", "女装"]},
        attributes=[{"name": "材质", "values": ["棉", "麻"]}],
    )
    store(sqlite_engine, offer)
    with sqlite_engine.connect() as conn:
        return Record(stored=load(conn, offer.offer_id))


def row(told, record):
    return [
        {column.name: column.read(line) for column in told.columns}
        for line in lines([record], told.per)
    ]


def test_columns_by_name(record):
    told = chosen("offer_id, title,attribute.材质,image.2,tier.1.price,city,category,tags", None)
    assert told.per is Per.OFFER
    assert row(told, record) == [
        {
            "offer_id": "600000000001",
            "title": "测试 Mütze 🔥𠮷",
            "attribute.材质": "棉, 麻",
            "image.2": "https://cbu01.alicdn.com/img/600000000001/1.jpg",
            "tier.1.price": Decimal("19.5"),
            "city": "广州",
            "category": "服饰 > 女装",
            "tags": "包邮, 热销, 回头客多",
        }
    ]


def test_naming_a_sku_makes_rows_of_skus(record):
    told = chosen("sku.sku_id,option.1,option.颜色,option.2,price,stock", None)
    assert told.per is Per.SKU
    found = row(told, record)
    assert len(found) == 3
    assert found[1] == {
        "sku.sku_id": "4999",
        "option.1": "色1",
        "option.颜色": "色1",
        "option.2": None,
        "price": Decimal("19.5"),
        "stock": 10,
    }


def test_every_source_reads_an_offer_and_each_of_its_skus(record):
    for per in (Per.OFFER, Per.SKU):
        for line in lines([record], per):
            for source in SOURCES:
                source.read(line)


def test_every_usual_column_is_a_source():
    for per in (Per.OFFER, Per.SKU):
        assert len(usual(per).columns) > 20


MAP = """
per = "offer"
[[column]]
name = "Gewicht"
from = "stock"
times = 0.5
plus = 1
round = 1
[[column]]
name = "first"
from = ["video", "unit"]
[[column]]
name = "fixed"
value = "a"
[[column]]
name = "text"
text = "{title} | {video} {offer_id}"
[[column]]
name = "nothing"
text = "{video}"
default = "none"
[[column]]
name = "state"
from = "status"
words = { on_sale = "在售" }
"""


def test_a_map(record, tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(MAP, "utf-8")
    assert row(chosen(str(path), None), record) == [
        {
            "Gewicht": Decimal("601.0"),
            "first": "件",
            "fixed": "a",
            "text": "测试 Mütze 🔥𠮷 | 600000000001",
            "nothing": "none",
            "state": "在售",
        }
    ]


@pytest.mark.parametrize("name", shipped())
def test_a_map_that_comes_along(name, record):
    told = chosen(name, None)
    for found in row(told, record):
        assert len(found) == len(told.columns) > 5


def test_what_a_column_holds_is_known():
    told = chosen("dianxiaomi", None)
    kinds = {column.name: column.kind for column in told.columns}
    assert kinds["商品重量(g)"] is Kind.NUMBER
    assert kinds["库存"] is Kind.COUNT
    assert kinds["状态"] is Kind.TEXT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel", "there is no source 'titel'; title is one"),
        ("image.0", "a number from 1 to 200 is expected"),
        ("image.²", "a number from 1 to 200 is expected"),
        ("tier.1.colour", "a tier has price, min_quantity, max_quantity"),
        (" , ", "names no column"),
        ("/nowhere/x.toml", "cannot be read"),
    ],
)
def test_a_wrong_name_is_told(text, said):
    with pytest.raises(ExportError, match=said):
        chosen(text, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("per = 'offer'", "column: Field required"),
        ("per = 'product'\n[[column]]\nname='a'\nvalue=1", "per is offer or sku"),
        ("[[column]]\nname='a'", "needs exactly one of from, text, value"),
        ("[[column]]\nname='a'\nfrom='title'\nvalue=1", "needs exactly one of"),
        ("[[column]]\nname='a'\nfrom='titel'", "there is no source 'titel'"),
        ("[[column]]\nname='a'\ntext='{titel}'", "there is no source 'titel'"),
        ("[[column]]\nname='a'\nfrom='title'\ntimes=2", "cannot be reckoned with"),
        ("[[column]]\nname='a'\nfrom='title'\ncolour=2", "colour: Extra inputs"),
        (
            "[[column]]\nname='a'\nvalue=1\n[[column]]\nname='a'\nvalue=1",
            "two columns are named 'a'",
        ),
        ("[[column", "Expected"),
    ],
)
def test_a_wrong_map_is_told_with_its_place(text, said, tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ExportError, match=said) as caught:
        chosen(str(path), None)
    assert str(path) in str(caught.value)
