"""`pwsync export` and `pwsync search` as a person runs them."""

import csv
import io
import json
import subprocess

import pytest

from app.store.engine import open_engine
from app.store.schema import migrate
from tests.cli.conftest import PROGRAM
from tests.export.conftest import FIRST, some, store
from tests.export.reading import Book, read_csv
from tests.samples import item


@pytest.fixture
def stored(surroundings):
    engine = open_engine(f"sqlite:///{surroundings['PWSYNC_DATA_DIR']}/pwsync.db")
    migrate(engine)
    offers = some(3)
    store(engine, *offers, item(str(FIRST + 9), title="[red]连衣裙[/] \x1b]0;x\x07", stock=3))
    return engine


def test_a_file(pwsync, stored, tmp_path):
    done = pwsync("export", "csv", "-o", "offers.csv", "--where", "stock>5")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "pwsync: exported 3 offers to offers.csv\n"
    assert len(read_csv(tmp_path / "offers.csv")) == 3
    again = pwsync("export", "csv", "-o", "offers.csv")
    assert (again.returncode, again.stderr) == (
        2,
        "pwsync: offers.csv is there already; --force overwrites it\n",
    )
    done = pwsync("export", "csv", "-o", "offers.csv", "--force", "--json")
    told = json.loads(done.stdout)
    assert (told["offers"], told["rows"], told["target"]) == (4, 4, "offers.csv")


def test_a_pipe_has_the_data_and_nothing_else(pwsync, stored):
    done = pwsync("export", "csv", "--columns", "offer_id,title")
    head, *rows = csv.reader(io.StringIO(done.stdout))
    assert (head, len(rows)) == (["offer_id", "title"], 4)
    done = pwsync("export", "jsonl", "--limit", "2")
    assert [json.loads(line)["offer_id"] for line in done.stdout.splitlines()] == [
        str(FIRST),
        str(FIRST + 1),
    ]


def test_a_workbook_through_a_pipe(stored, surroundings, tmp_path):
    with (tmp_path / "o.xlsx").open("wb") as file:
        subprocess.run([PROGRAM, "export", "xlsx"], env=surroundings, stdout=file, check=True)
    assert len(Book(tmp_path / "o.xlsx").rows()) == 4


def test_since_last(pwsync, stored):
    counts = [
        len(pwsync("export", "jsonl", *words).stdout.splitlines())
        for words in (["--since-last"], ["--since-last"], ["--mark", "erp"], ["--mark", "erp"])
    ]
    assert counts == [4, 0, 4, 0]


def test_who_stops_reading_moves_no_mark(pwsync, stored, surroundings):
    store(stored, *[item(str(FIRST + 100 + number), colours=30) for number in range(60)])
    command = f"{PROGRAM} export jsonl --mark erp | head -c 10"
    subprocess.run(["bash", "-c", command], env=surroundings, check=True, capture_output=True)
    assert len(pwsync("export", "jsonl", "--mark", "erp").stdout.splitlines()) == 64


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which format? csv"),
        (["xml"], "there is no format 'xml'; known: csv, jsonl"),
        (["csv", "--where", "prize<3"], "there is no field prize"),
        (["csv", "--columns", "titel"], "there is no source 'titel'; title is one"),
        (["csv", "--columns", "no.toml"], "no.toml cannot be read"),
        (["csv", "--per", "colour"], "per offer or per sku"),
        (["shopify", "--per", "sku"], "has columns of its own"),
        (["csv", "--markup", "1.3"], "rate and markup are for shops"),
        (["csv", "--json"], "-o FILE leaves it free"),
        (["csv", "-o", "no/where.csv"], "is no folder; make it first"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(pwsync, stored, words, said):
    done = pwsync("export", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_columns_are_listed(pwsync):
    done = pwsync("export", "--sources")
    assert done.returncode == 0
    assert "sku.weight_kg" in done.stdout
    assert "dianxiaomi, erp, mabang" in done.stdout


def test_search(pwsync, stored):
    done = pwsync("search", "测试", "stock>5 or city=杭州")
    assert done.returncode == 0
    assert "3 offers" in done.stdout
    assert str(FIRST) in done.stdout


def test_search_shows_foreign_text_harmlessly(pwsync, stored):
    done = pwsync("search", "连衣裙")
    assert "[red]连衣裙[/]" in done.stdout
    assert "\x1b" not in done.stdout


def test_search_for_programs(pwsync, stored):
    told = json.loads(pwsync("search", "--where", "stock<5", "--json").stdout)
    assert (told["found"], told["shown"]) == (1, 1)
    [offer] = told["offers"]
    assert (offer["offer_id"], offer["price_min"], offer["stock"]) == (str(FIRST + 9), "9.90", 3)
    lines = pwsync("search", "--sort", "id", "--jsonl").stdout.splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["offer"] * 4


@pytest.mark.parametrize("width", ["60", "80", "140"])
def test_ids_and_prices_are_whole_on_any_screen(pwsync, stored, width):
    done = pwsync("search", "测试", COLUMNS=width)
    assert str(FIRST) in done.stdout
    assert "9.90 – 19.50" in done.stdout


def test_search_without_a_find(pwsync, stored):
    done = pwsync("search", "冰箱")
    assert (done.returncode, done.stdout) == (0, 'no stored offer fits "冰箱"\n')


def test_search_names_a_mistake_and_its_place(pwsync, stored):
    done = pwsync("search", "--where", "stock>5 and prize<3")
    assert done.returncode == 2
    assert done.stderr.splitlines()[1:] == ["  stock>5 and prize<3", "              ^"]


def test_fields_are_listed(pwsync):
    told = json.loads(pwsync("search", "--fields", "--json").stdout)
    [price] = [one for one in told if one["name"] == "price"]
    assert price["also"] == ["价格"]
    assert "起订量" in pwsync("search", "--fields").stdout
