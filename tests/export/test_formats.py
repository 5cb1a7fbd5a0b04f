"""Hostile texts through every format: what is read back is what was stored, and no formula."""

import json
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from PIL import Image
from pyarrow import parquet

from app.export.columns import chosen, usual, with_picture
from app.export.formats import xlsx
from app.export.registry import known_formats
from app.export.texts import clean, guarded
from app.export.values import Per, Pricing
from app.items import as_json
from app.store.engine import reading
from app.store.offers import load
from tests.export.conftest import FIRST, some, store
from tests.export.reading import Book, read_csv
from tests.samples import item

HOSTILE = [
    '=HYPERLINK("http://evil","x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "＝1+1",
    "\t=1",
    "\u00a0=1",
    "'quoted",
    'a "b", c; d',
    "line\nbreak\r\nand=1",
    "\x1b]0;pwn\x07\x1b[31mred",
    "\u202egpj.exe",
    "[red]markup[/] {braces} %s",
    "<script>alert(1)</script>&amp;",
    "_x0041_ _x001B_",
    "🔥𠮷é Mütze",
    "007",
    "1e5",
    "12345678901234567890",
    "TRUE",
    "2026-03-04",
    "连衣裙",
    "\ufeffmark",
    "a" * 2000,
]  # fmt: skip
TITLES = [text for text in HOSTILE if text.strip()]


@pytest.fixture
def hostile(sqlite_engine):
    """An offer a text: in title, attribute, option, supplier."""
    offers = [
        item(
            str(FIRST + number),
            title=text,
            attributes=[{"name": f"{text[:9]}x", "values": [text, "b"]}],
            supplier={"member_id": "b2b-1", "company_name": text},
            sku_axes=[{"name": "色", "values": [{"name": text}]}],
            skus=[{"sku_id": "1", "options": {"色": text}, "price": "9.90", "stock": 3}],
        )
        for number, text in enumerate(TITLES)
    ]
    store(sqlite_engine, *offers)
    return sqlite_engine


def formula(text: str) -> bool:
    return text.lstrip().startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize("per", [Per.OFFER, Per.SKU])
def test_csv(hostile, write, per):
    path, report = write(hostile, "csv", per=per)
    rows = read_csv(path)
    assert [row["title"] for row in rows] == [guarded(text) for text in TITLES]
    assert len(rows) == report.rows == len(TITLES)
    assert not [text for row in rows for text in row.values() if formula(text)]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    own = "options" if per is Per.SKU else "supplier.company_name"
    assert [row[own] for row in rows][-3] == ("色=" if per is Per.SKU else "") + "连衣裙"


@pytest.mark.parametrize("per", [Per.OFFER, Per.SKU])
def test_xlsx(hostile, write, per):
    path, _ = write(hostile, "xlsx", per=per)
    book = Book(path)
    assert (book.formulas, book.links) == (0, 0)
    rows = book.rows()
    assert [row["title"] for row in rows] == [clean(text) for text in TITLES]
    kinds = {kind for (row, column), (kind, _) in book.sheets[0].items() if row and column == 1}
    assert "n" not in kinds


def test_numbers_ids_and_moments_of_a_workbook(sqlite_engine, write):
    store(sqlite_engine, item(stock=10**17, price_min=Decimal("0.0125")))
    path, _ = write(sqlite_engine, "xlsx")
    cells = Book(path).sheets[0]
    heads = {text: column for (row, column), (_, text) in cells.items() if row == 0}
    assert cells[1, heads["offer_id"]] == ("inlineStr", str(FIRST))
    assert cells[1, heads["price_min"]] == ("n", "0.0125")
    assert cells[1, heads["stock"]] == ("inlineStr", str(10**17))
    assert cells[1, heads["observed_at"]][0] == "n"


def test_a_sheet_that_is_full_is_followed_by_another(sqlite_engine, write, monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 4)
    store(sqlite_engine, *some(8))
    path, report = write(sqlite_engine, "xlsx")
    book = Book(path)
    assert [len(book.rows(sheet)) for sheet in range(3)] == [3, 3, 2]
    assert report.rows == 8


def test_jsonl_holds_the_whole_item(hostile, write):
    path, _ = write(hostile, "jsonl")
    told = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    assert [one["title"] for one in told] == TITLES
    with reading(hostile) as conn:
        stored = load(conn, told[0]["offer_id"])
    wanted = {name: value for name, value in as_json(stored.item).items() if name != "provenance"}
    assert {name: told[0][name] for name in wanted} == wanted
    assert (told[0]["type"], told[0]["version"]) == ("offer", 1)
    assert all(char >= 32 or char == 10 for char in path.read_bytes())


def test_jsonl_of_chosen_columns(hostile, write):
    path, _ = write(hostile, "jsonl", chosen("title,sku.price,observed_at,options", None))
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [one["title"] for one in told] == TITLES
    assert told[0]["sku.price"] == "9.90"
    assert told[0]["observed_at"] == "2026-03-04T12:00:00.123456+00:00"


@pytest.mark.parametrize("per", [Per.OFFER, Per.SKU])
def test_parquet(hostile, write, per):
    path, _ = write(hostile, "parquet", per=per)
    table = parquet.read_table(path)
    assert table["title"].to_pylist() == TITLES
    assert table["observed_at"].to_pylist()[0] == datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
    price = "price" if per is Per.SKU else "price_min"
    assert table[price].to_pylist()[0] == Decimal("9.9000")


def test_parquet_of_a_map(sqlite_engine, write):
    store(sqlite_engine, *some(3))
    path, _ = write(sqlite_engine, "parquet", chosen("dianxiaomi", None))
    rows = parquet.read_table(path).to_pylist()
    assert rows[0]["商品重量(g)"] == Decimal(250)
    assert rows[0]["状态"] == "在售"


def test_shopify(hostile, write):
    path, report = write(
        hostile, "shopify", pricing=Pricing(rate=Decimal("0.14"), markup=Decimal("1.3"))
    )
    rows = read_csv(path)
    products = [row for row in rows if row["Title"]]
    assert [row["Title"] for row in products] == [guarded(text[:255]) for text in TITLES]
    assert report.rows == len(rows)
    assert report.offers == len(TITLES)
    first = products[0]
    assert (first["Variant Price"], first["Cost per item"]) == ("1.80", "1.39")
    assert (first["Option1 Name"], first["Option1 Value"]) == ("色", guarded(TITLES[0]))
    assert {row["Status"] for row in products} == {"draft"}
    assert "<script>" not in "".join(row["Body (HTML)"] for row in rows)
    assert [row["Image Position"] for row in rows if row["Handle"] == first["Handle"]] == [
        "1",
        "2",
        "3",
    ]
    assert not [text for row in rows for text in row.values() if formula(text)]


def test_shopify_variants_and_pictures_share_rows(sqlite_engine, write):
    store(sqlite_engine, item(colours=5, pictures=2))
    path, report = write(sqlite_engine, "shopify")
    rows = read_csv(path)
    assert (report.offers, report.rows) == (1, 5)
    assert [row["Option1 Value"] for row in rows] == [f"色{number}" for number in range(5)]
    assert [row["Image Src"] != "" for row in rows] == [True, True, False, False, False]
    assert {row["Handle"] for row in rows} == {"1688-600000000001"}
    assert {row["Variant Price"] for row in rows} == {"19.50"}


def test_shopify_takes_three_options(sqlite_engine, write):
    names = ["色", "尺", "款", "袋"]
    store(
        sqlite_engine,
        item(
            sku_axes=[{"name": name, "values": [{"name": f"{name}1"}]} for name in names],
            skus=[{"sku_id": "1", "options": {name: f"{name}1" for name in names}}],
        ),
    )
    path, _ = write(sqlite_engine, "shopify")
    row = read_csv(path)[0]
    assert [row[f"Option{number} Name"] for number in (1, 2, 3)] == ["色", "尺", "款 / 袋"]
    assert [row[f"Option{number} Value"] for number in (1, 2, 3)] == ["色1", "尺1", "款1 / 袋1"]


def test_an_offer_without_skus_is_one_variant(sqlite_engine, write):
    store(sqlite_engine, item(colours=0))
    row = read_csv(write(sqlite_engine, "shopify")[0])[0]
    assert (row["Option1 Name"], row["Option1 Value"]) == ("Title", "Default Title")
    assert row["Variant SKU"] == "600000000001"
    [row] = read_csv(write(sqlite_engine, "woocommerce")[0])
    assert (row["Type"], row["Regular price"]) == ("simple", "19.50")


@pytest.mark.parametrize("name", ["shopify", "woocommerce"])
def test_a_hidden_price_is_left_out_of_shops(sqlite_engine, write, name):
    hidden = item(
        str(FIRST + 1), price_kind="hidden", price_min=None, price_max=None, price_tiers=[]
    )
    store(sqlite_engine, item(), hidden)
    path, report = write(sqlite_engine, name)
    assert (report.offers, report.left_out) == (1, 1)
    assert str(FIRST + 1) not in path.read_text("utf-8-sig")


def test_woocommerce(hostile, write):
    path, report = write(hostile, "woocommerce", pricing=Pricing(markup=Decimal(2)))
    rows = read_csv(path)
    parents = [row for row in rows if row["Type"] == "variable"]
    children = [row for row in rows if row["Type"] == "variation"]
    assert [row["Name"] for row in parents] == [guarded(text) for text in TITLES]
    assert [row["Parent"] for row in children] == [row["SKU"] for row in parents]
    assert {row["Regular price"] for row in children} == {"19.80"}
    assert {row["Published"] for row in parents} == {"-1"}
    assert report.rows == len(rows) == 2 * len(TITLES)
    assert parents[8]["Attribute 1 value(s)"] == 'a "b"\\, c; d'
    assert {text for row in rows for text in row.values() if formula(text)} == {"-1"}


def test_pictures_stand_in_their_cells_and_lost_ones_leave_them_empty(
    sqlite_engine, write, tmp_path
):
    store(sqlite_engine, *some(4))
    thumb = tmp_path / "a.thumb.webp"
    Image.new("RGB", (240, 120), "red").save(thumb, "WEBP")
    broken = tmp_path / "b.thumb.webp"
    broken.write_bytes(b"RIFFxxxxWEBPnothing")

    def thumbs(_, offer_ids):
        paths = [thumb, broken, tmp_path / "lost.webp", thumb]
        urls = [f"https://cbu01.alicdn.com/img/{offer_id}/0.jpg" for offer_id in offer_ids]
        return dict(zip(urls, paths, strict=True))

    path, report = write(sqlite_engine, "xlsx", with_picture(usual(Per.OFFER)), thumbs=thumbs)
    assert report.rows == 4
    with zipfile.ZipFile(path) as packed:
        media = [name for name in packed.namelist() if name.startswith("xl/media/")]
        drawing = packed.read("xl/drawings/drawing1.xml").decode()
        with packed.open(media[0]) as file, Image.open(file) as image:
            assert (image.format, image.size) == ("JPEG", (76, 38))
    assert len(media) == 1
    assert drawing.count("<xdr:pic>") == 2
    assert [f"<xdr:row>{row}</xdr:row>" in drawing for row in (1, 2, 3, 4)] == [True, False, False, True]  # fmt: skip


def test_every_format_writes_an_empty_selection(sqlite_engine, write):
    for name in known_formats():
        path, report = write(sqlite_engine, name)
        assert (report.offers, report.rows) == (0, 0)
        assert path.exists()
