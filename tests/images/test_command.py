"""`pwsync images` as a person uses it, against the local 1688."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from app.images import holdings, rows
from app.images.files import Shelf
from app.items import OfferItem
from app.replica.serve import running
from app.store import offers
from app.store.engine import open_engine, reading, transact
from app.store.schema import migrate
from tests import program
from tests.samples import seen

PROGRAM = program.PROGRAM


class Place:
    """A data directory with stored offers of a replica, and the command working on it."""

    def __init__(self, folder: Path, site) -> None:
        self.folder = folder
        self.site = site
        self.engine = open_engine(f"sqlite:///{folder}/pwsync.db")
        migrate(self.engine)
        self.shelf = Shelf(folder=folder / "images")

    def store(self) -> list[str]:
        """All offers of the replica, as a sync stores them: without their descriptions' pictures."""
        stored = []
        for listed in self.site.listed():
            told = self.site.expected(listed["offer_id"])
            if "error" in told:
                continue
            item = OfferItem.model_validate(told | {"description_images": None, "provenance": {}})
            transact(self.engine, lambda conn, item=item: offers.save(conn, item, seen()))
            stored.append(item.offer_id)
        return stored

    @property
    def environment(self):
        return os.environ | {
            "PWSYNC_DATA_DIR": str(self.folder),
            "PWSYNC_SITE__REPLICA": self.site.address,
        }

    def __call__(self, *words: str):
        return program.run("images", *words, environment=self.environment, folder=self.folder)

    def json(self, *words: str, code: int = 0):
        done = self(*words, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def requests(self) -> list[str]:
        """Addresses of pictures and descriptions that the replica was asked for."""
        return [
            f"{one['host']}{one['path']}"
            for one in self.site.log()
            if one["kind"] in {"picture", "description"}
        ]


@pytest.fixture(scope="module")
def site():
    with running(offers=3, seed=5, padded=False) as replica:
        yield replica


@pytest.fixture
def place(tmp_path, site):
    found = Place(tmp_path, site)
    yield found
    found.engine.dispose()


def test_everything_an_offer_shows_is_fetched_once_and_never_again(place):
    stored = place.store()
    before = len(place.requests())
    told = place.json("fetch")
    asked = place.requests()[before:]
    assert told["failed"] == told["waiting"] == 0
    assert told["requested"] == told["fetched"] == len(asked) == len(set(asked))
    for offer_id in stored:
        with reading(place.engine) as conn:
            found = offers.load(conn, offer_id)
            shown = holdings.places(conn, [offer_id])
        expected = place.site.expected(offer_id)
        assert (
            found.item.description_images == expected["description_images"]
            or expected["description_images"] is None
        )
        assert found.item.description_images
        wanted = {*found.item.images, *found.item.description_images}
        wanted |= {sku.image_url for sku in found.item.skus if sku.image_url}
        assert wanted <= {one.url for one in shown}
        assert all(one.picture and place.shelf.size(one.picture.file) for one in shown)
    again = place.json("fetch")
    assert (again["requested"], len(place.requests()) - before) == (0, len(asked))
    assert place("verify").returncode == 0


def test_a_lost_and_a_damaged_file_are_found_and_the_lost_one_fetched_again(place):
    place.store()
    place.json("fetch")
    kept = list(place.shelf.walk())
    lost, damaged = kept[0], kept[3]
    (place.shelf.folder / lost.path).unlink()
    whole = (place.shelf.folder / damaged.path).read_bytes()
    (place.shelf.folder / damaged.path).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    flaws = place.json("verify", code=10)["flaws"]
    assert {flaw["path"] for flaw in flaws} == {lost.path, damaged.path}
    parts = [json.loads(place("verify", "--subset", f"{n}/2", "--json").stdout) for n in (1, 2)]
    told = sorted(flaw["path"] for part in parts for flaw in part["flaws"])
    assert told == sorted([lost.path, damaged.path])
    assert place.json("fetch", "--missing")["requested"] == 1
    assert {flaw["path"] for flaw in place.json("verify", code=10)["flaws"]} == {damaged.path}


def test_what_no_offer_shows_is_counted_then_deleted(place):
    stored = place.store()
    place.json("fetch")
    assert place.json("gc", "-n")["pictures"] == 0
    offer_id = stored[0]
    with reading(place.engine) as conn:
        shown = holdings.places(conn, [offer_id])
        item = offers.load(conn, offer_id).item
    bare = item.model_copy(
        update={
            "images": [],
            "skus": [],
            "sku_axes": [],
            "description_url": None,
            "description_images": None,
        }
    )

    def forget(conn):
        offers.save(conn, bare, seen(run_id=2))
        rows.queue(conn, offer_id, profile="guest")

    transact(place.engine, forget)
    counted = place.json("gc", "-n")
    assert counted["pictures"] == len({one.picture.sha256 for one in shown})
    assert place("gc").returncode == 2
    deleted = place.json("gc", "-y")
    assert {name: deleted[name] for name in counted} == counted | {"deleted": True}
    assert not any(place.shelf.size(one.picture.file) for one in shown)
    assert place.json("verify")["flaws"] == []
    assert place.json("gc", "-y") == {
        "sources": 0,
        "pictures": 0,
        "files": 0,
        "bytes": 0,
        "deleted": False,
    }


def test_one_offer_alone_and_words_that_mean_nothing(place):
    first, *_ = place.store()
    told = place.json("fetch", "--offer", first)
    assert told["fetched"] > 5
    with reading(place.engine) as conn:
        assert holdings.totals(conn) == {"fetched": told["fetched"]}
    assert place("fetch", "--offer", first, "--run", "1").returncode == 2
    assert place("fetch", "--run", "77").returncode == 2
    assert place("verify", "--subset", "8/7").returncode == 2


def test_a_killed_fetch_is_taken_up_where_it_was(place):
    place.store()
    before = len(place.requests())
    child = subprocess.Popen(
        [PROGRAM, "images", "fetch"],
        env=place.environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    until = time.monotonic() + 60
    while len(place.requests()) - before < 20 and time.monotonic() < until:
        pass
    child.kill()
    child.communicate()
    with reading(place.engine) as conn:
        done = holdings.totals(conn)
    assert done["waiting"] > 0

    def their_time_is_over(conn):
        conn.exec_driver_sql("UPDATE image_source SET not_before = seen_at WHERE state = 'waiting'")

    transact(place.engine, their_time_is_over)
    told = place.json("fetch")
    assert (told["failed"], told["waiting"]) == (0, 0)
    asked = place.requests()[before:]
    assert len(asked) - len(set(asked)) <= 4, "only what was in the air is asked for again"
    assert place.json("verify")["flaws"] == []


def test_a_stopped_fetch_gives_back_what_it_claimed(place):
    place.store()
    before = len(place.requests())
    child = subprocess.Popen(
        [PROGRAM, "images", "fetch"],
        env=place.environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    while len(place.requests()) - before < 12 and child.poll() is None:
        pass
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=60)
    assert child.returncode == 143
    told = place.json("fetch")
    assert (told["failed"], told["waiting"]) == (0, 0)
