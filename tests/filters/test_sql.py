"""A query finds on both databases what it means; nothing that is typed becomes SQL."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.dialects import mysql, sqlite

from app.filters.fields import FACET, FIELDS, OFFER, SUPPLIER
from app.filters.parse import parse
from app.filters.search import all_ids, count, search
from app.filters.sql import condition
from app.filters.values import FilterError
from app.store.engine import open_engine, reading, transact
from app.store.schema import migrate
from tests.filled import fill
from tests.filters.queries import means, queries

OFFERS = 90
ANY = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def filled(request, tmp_path_factory, mariadb):
    """Two rounds over some offers, once on each database."""
    file = f"sqlite:///{tmp_path_factory.mktemp('filters') / 'f.db'}"
    engine = open_engine(file if request.param == "sqlite" else mariadb.new_database())
    migrate(engine)
    fill(engine, OFFERS)
    fill(engine, OFFERS // 2, epoch=2)
    yield engine
    engine.dispose()


class Rows(dict):
    """By offer id; a failing example has no room for them."""

    def __repr__(self) -> str:
        return f"<{len(self)} rows>"


def values_of(engine) -> Rows:
    """What each field of each offer holds, read plainly."""
    with reading(engine) as conn:
        facets = {row["offer_id"]: row for row in conn.execute(select(FACET)).mappings()}
        offers = {row["offer_id"]: row for row in conn.execute(select(OFFER)).mappings()}
        shops = {row["supplier_key"]: row for row in conn.execute(select(SUPPLIER)).mappings()}
    rows = Rows()
    for key, facet in facets.items():
        shop = shops.get(facet["supplier_key"]) or dict.fromkeys(SUPPLIER.c.keys())
        tables = {FACET: facet, OFFER: offers[key], SUPPLIER: shop}
        rows[key] = {field.name: tables[field.column.table][field.column.name] for field in FIELDS}
        rows[key]["id"] = int(key)
    return rows


@pytest.fixture(scope="module")
def rows(filled):
    found = values_of(filled)
    assert len(found) > OFFERS * 0.9
    return found


@ANY
@given(query=queries())
def test_a_query_finds_what_it_means(filled, rows, query):
    wanted = sorted(int(key) for key, row in rows.items() if means(query, row))
    with reading(filled) as conn:
        plain = conn.scalars(select(FACET.c.offer_id).where(condition(query)))
        assert sorted(map(int, plain)) == wanted
        assert list(all_ids(conn, query)) == wanted
        assert count(conn, query) == len(wanted)


@ANY
@given(
    query=queries(),
    sort=st.sampled_from(["changed", "cheap", "dear", "sold", "id"]),
    size=st.integers(1, 40),
)
def test_pages_show_each_offer_once_and_in_order(filled, rows, query, sort, size):
    found, after = [], None
    with reading(filled) as conn:
        while True:
            page = search(conn, query, sort=sort, limit=size, after=after)
            found += page.offer_ids
            if page.next is None:
                break
            after = page.next
    assert sorted(found) == sorted(key for key, row in rows.items() if means(query, row))
    field = {"changed": "changed", "cheap": "price", "dear": "price", "sold": "sold", "id": "id"}[
        sort
    ]
    shown = [rows[key][field] for key in found]
    known = [value for value in shown if value is not None]
    assert shown == known + [None] * (len(shown) - len(known))
    assert known == sorted(known, reverse=sort in {"changed", "dear", "sold"})


def test_long_ago_is_told_by_the_database(filled):
    with reading(filled) as conn:
        seen = conn.scalar(select(func.count()).select_from(FACET))
        assert count(conn, parse("changed<=1s or changed>1s")) == seen
        assert count(conn, parse("changed<36500d")) == 0


def test_an_order_that_is_none_is_refused(filled):
    with reading(filled) as conn, pytest.raises(FilterError, match="there is no order"):
        search(conn, parse(""), sort="price; DROP TABLE offer")


ATTACKS = [
    "' OR 1=1 --",
    '"; DROP TABLE offer; --',
    "%' AND SLEEP(5) AND '%'='",
    "x') UNION SELECT password FROM mysql.user --",
    "\\'; SELECT 1; --",
    "%%%___%%%",
    ":name %(name)s ? $1 {x}",
    "\x00\x1a",
    "1) OR (1=1",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    "field", ["title:", "supplier:", "city=", "member=", "layout!=", "tag:", ""]
)
def test_sql_in_a_value_is_text(filled, rows, field, attack):
    escaped = attack.replace("\\", "\\\\").replace('"', '\\"')
    try:
        query = parse(f'{field}"{escaped}"')
    except FilterError:
        return
    wanted = sorted(int(key) for key, row in rows.items() if means(query, row))
    with reading(filled) as conn:
        assert list(all_ids(conn, query)) == wanted


@given(query=queries())
def test_every_value_is_a_bound_parameter(query):
    for dialect in (sqlite, mysql):
        compiled = str(condition(query).compile(dialect=dialect.dialect()))
        assert not re.search(r"['\"\\]|[^\x20-\x7e\n]", _without_clock(compiled))


def _without_clock(sql: str) -> str:
    return re.sub(r"strftime\('[^']*', 'now', printf\('[^']*', [^)]*\)\)", "", sql)


def test_the_query_of_the_issue(filled):
    text = 'price<2000 and supplier:"样例" and stock>0 and status=on_sale and city:广州,金华,苏州 "音箱"'
    with reading(filled) as conn:
        assert count(conn, parse(text)) > 0


def test_nothing_is_changed_by_asking(filled, rows):
    assert values_of(filled) == rows
    transact(filled, lambda conn: conn.scalar(select(func.count()).select_from(OFFER)))
