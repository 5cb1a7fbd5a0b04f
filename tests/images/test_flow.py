"""`pwsync sync` with [images] fetch: pictures come with the run, once, whatever happens between."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from app.images import holdings
from app.images.files import Shelf
from app.replica.serve import running
from app.store.engine import open_engine, reading
from tests import program


class Shop:
    """A data directory and the command, with a replica."""

    def __init__(self, folder: Path, site) -> None:
        self.folder, self.site = folder, site
        self.refs = [one["url"] for one in site.listed() if one["standing"] == "live"]
        self.environment = os.environ | {
            "PWSYNC_DATA_DIR": str(folder),
            "PWSYNC_SITE__REPLICA": site.address,
            "PWSYNC_IMAGES__FETCH": "true",
            "PWSYNC_BROWSER__MODE": "lean",
            "PWSYNC_BROWSER__CONTEXTS": "2",
        }

    def start(self, *words: str):
        return subprocess.Popen(
            [program.PROGRAM, *words], env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def __call__(self, *words: str, code: int = 0) -> str:
        done = program.run(*words, environment=self.environment, folder=self.folder)
        assert done.returncode == code, done.stderr
        return done.stdout

    def asked(self, after: int = 0) -> list[str]:
        """Addresses of pictures and descriptions that were asked for."""
        own = {"picture", "description"}
        return [
            f"{one['host']}{one['path']}"
            for one in self.site.log(after=after)
            if one["kind"] in own
        ]

    def last(self) -> int:
        return max((one["number"] for one in self.site.log()), default=0)

    def totals(self) -> dict[str, int]:
        engine = open_engine(f"sqlite:///{self.folder}/pwsync.db")
        with reading(engine) as conn:
            found = holdings.totals(conn)
        engine.dispose()
        return found


@pytest.fixture
def shop(tmp_path):
    with running(offers=6, seed=5, padded=False) as site:
        yield Shop(tmp_path, site)


def test_a_run_brings_its_pictures_and_the_next_round_asks_for_none(shop):
    shop("sync", *shop.refs)
    asked = shop.asked()
    assert len(asked) == len(set(asked)) > 20
    assert shop.totals() == {"fetched": len(asked)}
    mark = shop.last()
    shop("sync", "--new", *shop.refs)
    assert shop.asked(mark) == []
    shop.site.turn(3)
    shop("sync", "--new", *shop.refs)
    assert not set(shop.asked(mark)) & set(asked), "only what offers show anew is asked for"
    told = json.loads(shop("audit", "--files", "--json"))
    assert (told["clean"], told["pictures"]) == (True, [])
    kept = next(Shelf(folder=shop.folder / "images").walk())
    (shop.folder / "images" / kept.path).write_bytes(b"x" * kept.size)
    told = json.loads(shop("audit", "--files", "--json", code=10))
    assert len(told["pictures"]) == 1
    assert kept.path in told["pictures"][0]


def test_pictures_of_a_killed_run_come_later(shop):
    child = shop.start("sync", *shop.refs)
    while len(shop.asked()) < 10 and child.poll() is None:
        pass
    child.kill()
    child.communicate()
    shop("sync", *shop.refs)
    engine = open_engine(f"sqlite:///{shop.folder}/pwsync.db")
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE image_source SET not_before = seen_at WHERE state = 'waiting'")
    engine.dispose()
    shop("images", "fetch")
    assert set(shop.totals()) == {"fetched"}
    assert all(number <= 2 for number in Counter(shop.asked()).values())
    assert json.loads(shop("audit", "--files", "--json"))["clean"]


def test_one_file_for_a_picture_that_many_addresses_lead_to(tmp_path):
    with running(offers=4, seed=5, padded=False, picture_faults="shared=1") as site:
        shop = Shop(tmp_path, site)
        shop("sync", *shop.refs)
        asked = [each for each in shop.asked() if each.startswith("cbu01")]
    kept = [kept for kept in Shelf(folder=tmp_path / "images").walk() if "thumb" not in kept.path]
    assert len(kept) == 10 < len(set(asked)) == len(asked)


def test_odd_pictures_are_kept_or_refused_and_the_run_is_well(tmp_path):
    odd = (
        "html",
        "svg",
        "eps",
        "cut",
        "bomb",
        "film",
        "cmyk",
        "turned",
        "profile",
        "missing",
        "private",
    )
    faults = ",".join(f"{name}=0.09" for name in odd)
    with running(offers=8, seed=5, padded=False, picture_faults=faults) as site:
        shop = Shop(tmp_path, site)
        shop("sync", *shop.refs)
        drawn = {one["path"]: one["fault"] for one in site.log(kind="picture")}
        told = json.loads(shop("images", "fetch", "--json"))
    assert set(odd) <= set(drawn.values())
    by_fault = Counter(drawn.values())
    assert told["failures"] == {
        "missing": by_fault["missing"],
        "not_a_picture": by_fault["html"] + by_fault["svg"] + by_fault["eps"],
        "too_many_frames": by_fault["film"],
        "too_many_pixels": by_fault["bomb"],
        "truncated": by_fault["cut"],
        "wrong_redirect": by_fault["private"],
    }
    assert json.loads(shop("audit", "--files", "--json"))["clean"]
