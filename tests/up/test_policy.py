"""When a program that died is started again."""

from itertools import pairwise

import pytest

from app.supervision import LONGEST_PAUSE, USAGE, Past, after_death, ending


def lives(*, code: int, lived: float, times: int) -> list[float | None]:
    past, pauses = Past(), []
    for _ in range(times):
        past, pause = after_death(past, code=code, lived=lived)
        pauses.append(pause)
    return pauses


def test_the_pause_doubles_to_half_a_minute_and_stays_there():
    assert lives(code=1, lived=0.1, times=7) == [1, 2, 4, 8, 16, 30, 30]


def test_it_never_ends_nor_overflows():
    pauses = lives(code=-9, lived=59.9, times=3000)
    assert all(before <= after <= LONGEST_PAUSE for before, after in pairwise(pauses))


def test_a_minute_of_health_makes_up_for_all_deaths():
    past = Past(deaths=9, refusals=2)
    assert after_death(past, code=1, lived=60.0) == (Past(deaths=1), 1.0)


def test_a_wrong_configuration_is_not_tried_for_ever():
    assert lives(code=USAGE, lived=0.5, times=3) == [1, 2, None]


def test_only_refusals_in_a_row_count():
    past = Past()
    for code in (USAGE, USAGE, 1, USAGE, USAGE):
        past, pause = after_death(past, code=code, lived=0.5)
        assert pause is not None


@pytest.mark.parametrize(
    ("code", "said"), [(0, "exit code 0"), (7, "exit code 7"), (-9, "SIGKILL"), (-15, "SIGTERM")]
)
def test_how_it_ended_is_told(code, said):
    assert said in ending(code)
