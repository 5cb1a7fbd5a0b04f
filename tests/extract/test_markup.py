"""Reading elements out of markup, whatever the markup is."""

import pytest

from app.extract.markup import Want, collect

WANTS = (
    Want(name="title", tag="h1", where=("class", "d-title")),
    Want(name="ladder", tag="td", where=("data-range", ""), take="data-range"),
    Want(name="sold", tag="em", where=("class", "value"), within="bargain-number"),
)
MANY = 300_000
ENDLESS = {
    "nested": "<div>" * MANY,
    "one tag with attributes": f"<div {' '.join(f'a{n}=1' for n in range(MANY))}>",
    "formatting": "<b><p>" * MANY,
    "never closed": "<h1 class=d-title>" * MANY,
    "comments": "<!--" * MANY,
    "angles": "<" * MANY,
}


def test_elements_are_found_in_page_order_by_tag_and_class():
    page = """
        <h1 class="x d-title">茶 <b>杯</b> &amp; co</h1><h1>other</h1>
        <table><tr><td data-range="a">1<td data-range="b">2<td>3</table>
        <p class="bargain-number"><a><em class="value">12</em></a></p>
        <p class="else"><em class="value">13</em></p>
        <script>var t = '<h1 class="d-title">template</h1>'</script>"""
    found = {"title": ["茶 杯 & co"], "ladder": ["a", "b"], "sold": ["12"]}
    assert collect(page, WANTS) == found


@pytest.mark.parametrize(
    "text", ["", "\0", "x\0<h1 class=d-title>a</h1>", "\ud800<p", "<!DOCTYPE [<"]
)
def test_nothing_raises(text):
    assert set(collect(text, WANTS)) <= {"title"}


@pytest.mark.parametrize("endless", ENDLESS)
def test_a_page_that_repeats_something_without_end_is_read_to_its_end(endless):
    """Parsers that build a tree take minutes for some of these, and the whole suite's patience."""
    page = ENDLESS[endless] + "<h1 class='d-title'>end</h1>"
    assert set(collect(page, WANTS)) <= {"title"}
