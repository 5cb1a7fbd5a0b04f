"""A run's stay as a profile: whose cookies are kept at its end."""

from concurrent.futures import ThreadPoolExecutor

from app.profiles import rows
from app.profiles.jar import Jar
from app.refs import read_refs
from app.runs.opening import open_run
from app.runtime import Evidence, Manners, Runtime
from app.settings import load
from app.stay import stay
from app.wiring import pace_of
from browsers.pool import BrowserPool
from browsers.testing import FakeLauncher
from browsers.values import Launch


def cookies(value: str) -> dict[str, object]:
    mine = {"name": "unb", "value": value, "domain": ".1688.com", "path": "/"}
    return {"cookies": [mine], "origins": []}


async def test_who_lost_the_profile_leaves_the_next_ones_cookies_alone(sqlite_engine, tmp_path):
    jar = Jar(tmp_path / "profiles")
    run = open_run(
        sqlite_engine, read_refs(["610947572360"]), kind="test", options={"profile": "main"}
    )
    jar.save("main", cookies("old"))
    pool = BrowserPool(Launch(), size=1, launcher=FakeLauncher())
    await pool.open()
    with ThreadPoolExecutor(1) as books:
        runtime = Runtime(
            engine=sqlite_engine,
            pool=pool,
            slots=1,
            books=books,
            evidence=Evidence(folder=jar.folder),
            manners=Manners(pace=pace_of(load()), profiles={}, jar=jar, rests=()),
            owner="first",
        )
        async with stay(runtime, run):
            async with pool.lease("a page"):
                pass
            rows.release(sqlite_engine, "main", "first")  # as if it had slept for too long
            rows.hold(sqlite_engine, "main", "second", 60)
            jar.save("main", cookies("new"))
        assert jar.load("main") == cookies("new")
        assert rows.read(sqlite_engine, "main").holder == "second"
    await pool.close()
