"""Acting on runs from elsewhere: limits, pause, stop, retry, status, top."""

import json

from sqlalchemy import text

from app.replica.serve import running
from app.store.engine import open_engine, transact


def refs(site):
    return "\n".join(one["url"] for one in site.listed())


def sync(pwsync, site, *more, **settings):
    words = ("sync", "-i", "-", "--replica", site.address, "--mode", "lean", "-c", "2", "--json")
    return pwsync(*words, *more, typed=refs(site), **settings)


def test_a_limit_pauses_the_run_with_8_and_resume_takes_up_the_rest(pwsync, site):
    done = sync(pwsync, site, "--limit", "5")
    assert done.returncode == 8, done.stderr
    told = json.loads(done.stdout)
    assert told["state"] == "paused"
    assert sum(told["counts"].get(word, 0) for word in ("created", "gone")) == 5
    assert told["counts"]["queued"] == 19
    again = pwsync(
        "resume", "1", "--replica", site.address, "--mode", "lean", "--limit", "4", "--json"
    )
    assert again.returncode == 8
    assert json.loads(again.stdout)["counts"]["queued"] == 15
    last = pwsync("resume", "1", "--replica", site.address, "--mode", "lean", "--json")
    assert last.returncode == 0
    assert json.loads(last.stdout)["state"] == "done"
    assert pwsync("audit").returncode == 0


def test_so_many_failures_are_enough(pwsync):
    with running(offers=12, seed=2, padded=False, faults="reset=1") as broken:
        done = sync(pwsync, broken, "--max-failures", "2", PWSYNC_RUN__ATTEMPTS="1")
        assert done.returncode == 8
        told = json.loads(done.stdout)
        assert 2 <= told["counts"]["failed"] <= 4, "the pages in flight are finished"
        assert "failed" in told["reason"]
    with running(offers=12, seed=2, padded=False) as site:
        again = pwsync("retry", "1", "--replica", site.address, "--mode", "lean", "--json")
        assert again.returncode == 0, again.stderr
        assert json.loads(again.stdout)["planned"] == told["counts"]["failed"]


def test_a_time_limit_is_the_database_s_time(pwsync):
    with running(offers=4, seed=2, padded=False, faults="silent=1") as site:
        done = sync(
            pwsync, site, "--time-limit", "1s",
            PWSYNC_RUN__DEADLINE_SECONDS="2", PWSYNC_RUN__ATTEMPTS="9",
        )  # fmt: skip
    assert done.returncode == 8
    assert "time is over" in json.loads(done.stdout)["reason"]
    assert pwsync("audit").returncode == 0


def test_pause_stop_and_status_act_on_a_run_nobody_works_on(pwsync, site):
    assert sync(pwsync, site, "--limit", "1").returncode == 8
    assert json.loads(pwsync("status", "--json").stdout)["runs"][0]["state"] == "paused"
    refused = pwsync("stop", "1")
    assert refused.returncode == 2
    assert "23 offers" in refused.stderr
    assert "-y" in refused.stderr
    assert pwsync("stop", "1", "-y").returncode == 0
    told = json.loads(pwsync("report", "1", "--json").stdout)
    assert (told["state"], told["counts"]["cancelled"]) == ("cancelled", 23)
    assert pwsync("pause", "1").returncode == 2
    assert pwsync("resume", "1", "--replica", site.address).returncode == 2
    assert pwsync("audit").returncode == 0
    assert "no run is unfinished" in pwsync("status").stdout


def test_top_needs_a_run_that_is_unfinished(pwsync):
    done = pwsync("top")
    assert done.returncode == 2
    assert "pwsync runs" in done.stderr


def test_retry_of_nothing_is_told(pwsync, site):
    assert sync(pwsync, site).returncode == 0
    nothing = pwsync("retry", "1", "--replica", site.address)
    assert nothing.returncode == 2
    assert "no offer that is failed or blocked" in nothing.stderr
    unknown = pwsync("retry", "1", "--replica", site.address, "--only", "lost")
    assert unknown.returncode == 2
    assert "choose from" in unknown.stderr


def test_detach_without_workers_to_leave_it_to_is_refused(pwsync, site):
    done = sync(pwsync, site, "--detach")
    assert done.returncode == 2
    assert "redis_url" in done.stderr


def test_without_an_answer_of_redis_the_run_is_opened_all_the_same(pwsync, site, tmp_path):
    done = sync(pwsync, site, "--detach", PWSYNC_REDIS_URL="redis://:geheim@127.0.0.1:1/0")
    assert done.returncode == 0
    assert done.stdout.strip() == "1"
    assert "geheim" not in done.stderr
    engine = open_engine(f"sqlite:///{tmp_path}/data/pwsync.db")
    assert transact(engine, lambda c: c.scalar(text("SELECT count(*) FROM run_item"))) == 24
    engine.dispose()


def test_a_batch_is_fired_and_worked_on_here(pwsync, site, tmp_path):
    (tmp_path / "watch.txt").write_text(refs(site))
    (tmp_path / "pwsync.toml").write_text(
        f"""
        [site]
        replica = "{site.address}"
        [browser]
        mode = "lean"
        contexts = 2
        [[batch]]
        name = "watch"
        cron = "0 3 * * *"
        file = "watch.txt"
        """
    )
    done = pwsync("batch", "fire", "watch", "--here")
    assert done.returncode == 0, done.stderr
    assert "run 1 done" in done.stdout
    assert pwsync("audit").returncode == 0
