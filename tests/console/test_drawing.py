"""SKUs as a table of two choices, and values over time as a line: pure."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.console.chart import chart
from app.console.matrix import WIDEST, matrix
from app.history.past import Point
from app.items import AxisValue, Sku, SkuAxis
from tests.samples import NOON, item


def axis(name: str, *values: str) -> SkuAxis:
    return SkuAxis(name=name, values=[AxisValue(name=one) for one in values])


def sku(number: int, **options: str) -> Sku:
    return Sku(sku_id=str(number), options=options)


COLOURS, SIZES = axis("c", "red", "blue"), axis("s", "S", "M", "L")


def test_two_choices_are_rows_and_columns_with_gaps_where_there_is_no_sku():
    skus = [sku(1, c="red", s="S"), sku(2, c="blue", s="L")]
    found = matrix(item(sku_axes=[COLOURS, SIZES], skus=skus))
    assert (found.down.name, found.across.name) == ("s", "c")
    cells = {value.name: [one and one.sku_id for one in row] for value, row in found.rows}
    assert cells == {"S": ["1", None], "M": [None, None], "L": [None, "2"]}


@pytest.mark.parametrize(
    ("axes", "skus"),
    [
        ([COLOURS], [sku(1, c="red")]),
        ([COLOURS, SIZES], []),
        ([COLOURS, SIZES], [sku(1, c="red")]),
        ([COLOURS, SIZES], [sku(1, c="red", s="S"), sku(2, c="red", s="S")]),
        ([axis("c", *map(str, range(WIDEST + 1))), axis("s", *map(str, range(99)))],
         [sku(1, c="0", s="0")]),
    ],
)  # fmt: skip
def test_what_is_no_table_of_two_choices_is_a_flat_one(axes, skus):
    assert matrix(item(sku_axes=axes, skus=skus)) is None


def points(*values) -> list[Point]:
    return [
        Point(at=NOON + timedelta(hours=hour), value=value, version=hour + 1)
        for hour, value in enumerate(values)
    ]


def test_a_value_is_drawn_in_steps_until_it_is_told_no_more():
    found = chart(points("10", "20", None, "15.5"), NOON + timedelta(hours=4))
    assert (found.low, found.high) == (Decimal(10), Decimal(20))
    assert [one.version for one in found.marks] == [1, 2, 3, 4]
    assert found.marks[1].y < found.marks[3].y < found.marks[0].y
    assert found.marks[2].y is None
    assert found.path == "M8.0,112.0H124.0L124.0,8.0H240.0M356.0,54.8H472.0"


@pytest.mark.parametrize("values", [(), (None,), ("<svg>", True, "NaN", {"a": 1})])
def test_what_is_no_number_is_not_drawn(values):
    assert chart(points(*values), NOON) is None
