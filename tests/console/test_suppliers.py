"""Suppliers in the console: the table leads to the shop, the shop to its offers and a new run."""

import html
import re

import pytest
from sqlalchemy import select, update

from app import models
from app.models import table
from app.store.engine import transact

SUPPLIER = table(models.Supplier)


@pytest.fixture(scope="module")
def path(server, tokens, engine) -> str:
    """Of the first supplier; its name is what nobody wants in a page."""
    text = server.ask("GET", "/suppliers", token=tokens["read"]).text
    path = re.findall(r'href="(/suppliers/m:[^"]+)"', text)[0]
    own = SUPPLIER.c.supplier_key == path.removeprefix("/suppliers/")
    named = {"company_name": "<script>alert(1)</script>"}
    transact(engine, lambda conn: conn.execute(update(SUPPLIER).where(own), named))
    return path


def test_numbers_lead_to_their_offers(server, tokens, path):
    text = server.ask("GET", path, token=tokens["read"]).text
    links = [html.unescape(one) for one in re.findall(r'href="(/offers\?where=[^"]+)"', text)]
    numbers = re.findall(r'href="/offers\?where=[^"]+">(\d+)<', text)
    assert links
    for link, number in zip(links, numbers, strict=True):
        shown = server.ask("GET", link, token=tokens["read"]).text
        assert shown.count('<a href="/offers/') == int(number), link


def test_a_foreign_name_is_text(server, tokens, path):
    for place in ("/suppliers", path):
        text = server.ask("GET", place, token=tokens["read"]).text
        assert "&lt;script&gt;" in text
        assert "<script>alert" not in text


def test_the_button_fills_in_the_form_of_a_new_run(server, tokens, engine, path):
    assert "/runs/new?" not in server.ask("GET", path, token=tokens["read"]).text
    text = server.ask("GET", path, token=tokens["run"]).text
    link = html.unescape(re.findall(r'href="(/runs/new\?[^"]+)"', text)[0])
    with engine.connect() as conn:
        own = SUPPLIER.c.supplier_key == path.removeprefix("/suppliers/")
        member = conn.scalar(select(SUPPLIER.c.member_id).where(own))
    form = server.ask("GET", link, token=tokens["run"]).text
    assert f'value="{member}"' in form
    assert 'name="kind" value="shop"' in form


def test_what_is_not_there_is_told(server, tokens):
    assert server.ask("GET", "/suppliers/m:nobody", token=tokens["read"]).status == 404
    assert "No supplier fits." in server.ask("GET", "/suppliers?q=%00", token=tokens["read"]).text
