"""Profiles in the database: one process at a time, and what all workers know of a profile."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app import models
from app.models import table
from app.profiles import rows
from app.profiles.health import State
from app.profiles.values import ProfileHeld
from app.store.clock import now
from app.store.engine import transact

RESTS = (timedelta(minutes=15), timedelta(minutes=60))
FIRST, SECOND = "host:100:1767225600000", "host:200:1767225660000"
PROFILE = table(models.ProfileRow)


def let_pass(engine, row, **columns):
    transact(
        engine,
        lambda conn: conn.execute(update(PROFILE).where(PROFILE.c.name == row).values(columns)),
    )


class TestHold:
    def test_one_process_at_a_time(self, engine):
        rows.hold(engine, "main", FIRST, 60)
        rows.hold(engine, "main", FIRST, 60)
        with pytest.raises(
            ProfileHeld, match=r"'main' is in use by process 100 on host \(since 20"
        ):
            rows.hold(engine, "main", SECOND, 60)
        rows.hold(engine, "other", SECOND, 60)
        rows.release(engine, "main", SECOND)
        with pytest.raises(ProfileHeld):
            rows.hold(engine, "main", SECOND, 60)
        rows.release(engine, "main", FIRST)
        rows.hold(engine, "main", SECOND, 60)

    def test_of_a_process_that_died_is_free_after_its_time(self, engine):
        rows.hold(engine, "main", FIRST, 60)
        let_pass(engine, "main", held_until=now(-0.01))
        rows.hold(engine, "main", SECOND, 60)
        with pytest.raises(ProfileHeld, match="process 200"):
            rows.renew(engine, "main", FIRST, 60)

    def test_is_renewed_even_late_while_nobody_took_it(self, engine):
        rows.hold(engine, "main", FIRST, 60)
        let_pass(engine, "main", held_until=now(-5))
        rows.renew(engine, "main", FIRST, 60)
        with pytest.raises(ProfileHeld):
            rows.hold(engine, "main", SECOND, 60)

    def test_one_of_many_gets_it(self, engine):
        def attempt(number):
            try:
                rows.hold(engine, "main", f"host:{number}:0", 60)
            except ProfileHeld:
                return False
            return True

        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(attempt, range(8))) == 1

    def test_name_of_a_replicas_profile_is_told_without_its_realm(self, engine):
        rows.hold(engine, "replica:main", "somebody", 60)
        with pytest.raises(ProfileHeld, match=r"'main' is in use by somebody;"):
            rows.hold(engine, "replica:main", FIRST, 60)


class TestFaring:
    def test_block_rests_by_the_databases_clock(self, engine):
        health = rows.note_block(engine, "guest", "slider: punish", RESTS)
        left = health.rest_until - transact(engine, rows._present)
        assert timedelta(minutes=14, seconds=50) < left <= RESTS[0]
        kept = rows.read(engine, "guest")
        assert kept.score == pytest.approx(health.score)
        assert replace(kept, score=health.score) == health

    def test_second_block_of_the_same_rest_is_no_other(self, engine):
        first = rows.note_block(engine, "guest", "slider", RESTS)
        with ThreadPoolExecutor(4) as threads:
            again = list(
                threads.map(lambda _: rows.note_block(engine, "guest", "slider", RESTS), range(8))
            )
        assert {each.rest_until for each in again} == {first.rest_until}
        assert rows.read(engine, "guest").level == 1
        assert rows.read(engine, "guest").pages == 9

    def test_rest_is_over_and_the_next_is_longer_until_a_person_looks(self, engine):
        rows.note_block(engine, "main", "slider", RESTS)
        let_pass(engine, "main", rest_until=now(-1))
        assert rows.read(engine, "main").state is State.WELL
        assert rows.note_block(engine, "main", "slider", RESTS).level == 2
        let_pass(engine, "main", rest_until=now(-1))
        health = rows.note_block(engine, "main", "slider", RESTS)
        assert (health.state, health.rest_until) == (State.RETIRED, None)
        rows.revive(engine, "main")
        assert rows.read(engine, "main").state is State.WELL

    def test_good_pages_are_added_up_over_workers(self, engine):
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: rows.note_good(engine, "guest", 20), range(10)))
        assert rows.read(engine, "guest").pages == 200

    def test_login_makes_it_well_and_keeps_its_holder(self, engine):
        rows.hold(engine, "main", FIRST, 60)
        rows.note_block(engine, "main", "login: wall", ())
        health = rows.note_login(engine, "main", "买家")
        assert (health.state, health.logged_in_as) == (State.WELL, "买家")
        assert rows.read(engine, "main").holder == FIRST

    def test_reason_from_a_page_fits_into_the_row(self, engine):
        rows.note_block(engine, "guest", "slider: \x00\ud800" + "x" * 90_000, RESTS)
        assert len(rows.read(engine, "guest").reason) == rows.REASON_LENGTH

    def test_profile_without_a_row_is_well(self, engine):
        assert rows.read(engine, "new").state is State.WELL
        assert rows.listing(engine) == []


class TestListing:
    def test_all_rows_as_of_now(self, engine):
        rows.note_block(engine, "second", "slider", RESTS)
        rows.note_good(engine, "first", 1)
        let_pass(engine, "second", rest_until=now(-1))
        found = [(each.name, each.state) for each in rows.listing(engine)]
        assert found == [("first", State.WELL), ("second", State.WELL)]

    def test_forgotten_unless_somebody_is_it(self, engine):
        rows.hold(engine, "main", FIRST, 60)
        with pytest.raises(ProfileHeld):
            rows.forget(engine, "main", SECOND)
        assert rows.forget(engine, "main", FIRST)
        assert not rows.forget(engine, "main", FIRST)
        assert rows.listing(engine) == []


def test_who_holds_it_is_told_as_given_where_it_is_no_process():
    began = datetime(2026, 1, 1, 0, 0, tzinfo=UTC).astimezone()
    assert f"since {began:%Y-%m-%d %H:%M}" in str(ProfileHeld("main", FIRST))
    assert "by a console;" in str(ProfileHeld("main", "a console"))
