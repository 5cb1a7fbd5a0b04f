"""`pwsync groups` as a person types it."""

import json
import os

import pytest

from app.store.engine import open_engine
from app.store.schema import migrate
from tests import program
from tests.groups.test_build import TITLE, sell


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Three suppliers of one product, who sell from 1, 1 and 500 pieces; one doubtful; a hostile title."""
    folder = tmp_path_factory.mktemp("groups")
    engine = open_engine(f"sqlite:///{folder / 'data' / 'pwsync.db'}")
    migrate(engine)
    for number, (price, least) in enumerate((("10", 1), ("8", 1), ("2", 500)), start=1):
        tier = {"min_quantity": least, "max_quantity": None, "price": price}
        told = {"price_min": price, "price_max": price, "min_order_quantity": least, "stock": None}
        title = TITLE + "[red]\x1b]0;owned\x07" if number == 2 else TITLE
        sell(engine, number, title, price_tiers=[tier], **told)
    sell(engine, 4, "加厚可爱杯子 小熊")
    engine.dispose()
    return folder


@pytest.fixture
def pwsync(stored):
    def run(*words):
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        own = {"HOME": str(stored), "PWSYNC_DATA_DIR": str(stored / "data"), "COLUMNS": "140"}
        own |= {"PYTHONWARNINGS": "error"}
        return program.run("groups", *words, environment=kept | own, folder=stored)

    return run


def told(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_buyer_is_shown_the_cheapest_at_the_quantity(pwsync):
    assert told(pwsync("build", "--json"))["looked_at"] == 4
    (product,) = told(pwsync("--offer", "600000000001", "-q", "100", "--json"))["groups"]
    assert [each["offer_id"][-1] for each in product["offers"]] == ["2", "1", "3"]
    cheapest, own, last = product["offers"]
    assert (cheapest["price"], cheapest["total"], own["total"]) == ("8.00", "800.00", "1000.00")
    assert (last["standing"], last["total"], last["note"]) == ("too_few", None, "sells 500 or more")
    assert {each["kind"] for each in cheapest["evidence"]} >= {"picture", "title"}
    assert own["evidence"] == []
    (many,) = told(pwsync("-q", "500", "--json"))["groups"]
    assert many["offers"][0]["offer_id"][-1] == "3"


def test_what_is_shown_is_harmless_and_says_why(pwsync):
    pwsync("build")
    shown = pwsync("--offer", "https://detail.1688.com/offer/600000000001.html", "-q", "7")
    assert shown.returncode == 0, shown.stderr
    assert "\x1b]" not in shown.stdout
    assert "sells 500 or more" in shown.stdout
    assert "pictures alike" in shown.stdout


def test_doubts_are_asked_and_answers_kept(pwsync):
    pwsync("build")
    pairs = told(pwsync("--review", "--json"))["pairs"]
    asked = [each["offer_id"] for each in pairs[0]["offers"]]
    assert pwsync("accept", *asked).returncode == 0
    (product,) = told(pwsync("--offer", asked[1], "--json"))["groups"]
    assert {each["offer_id"] for each in product["offers"]} >= set(asked)
    assert pwsync("reject", *asked).returncode == 0
    assert told(pwsync("--offer", asked[1], "--json"))["groups"] == []
    assert pwsync("forget", *asked).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--offer", "600000000099"], "is not stored"),
        (["accept", "600000000001", "600000000001"], "name two offers"),
        (["reject", "600000000001", "600000000099"], "name two offers"),
        (["--offer", "nothing"], "offer"),
        (["-q", "0"], "quantity"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(pwsync, words, said):
    done = pwsync(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
