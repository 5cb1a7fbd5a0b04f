"""Words and consequences: every error of the lower floors has a settlement, or is no item's matter."""

import pytest
from pydantic import ValidationError

from app.extract import base as extract
from app.items import PriceTier
from app.runs.consequences import settlement_for
from app.runs.outcomes import Blocked, Failed, Gone, Invalid, Outcome, Retry, Unreadable
from app.store.engine import DatabaseFull, DatabaseUnavailable, ValueRefused
from browsers import errors as browsers


def test_outcome_words_are_those_of_the_contract():
    words = (
        "created changed unchanged gone invalid unreadable blocked failed skipped cancelled listed"
    )
    assert [str(word) for word in Outcome] == words.split()


def invalid() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        PriceTier(min_quantity=-1, price="x")
    return caught.value


CASES = [
    (extract.Blocked("wall", rule="login"), Blocked, "login"),
    (extract.Gone("away", rule="deleted"), Gone, "deleted"),
    (extract.Truncated("half"), Retry, "Truncated: half"),
    (extract.LayoutUnknown("what"), Unreadable, "LayoutUnknown: what"),
    (extract.FieldMissing("none", field="title"), Unreadable, "FieldMissing title: none"),
    (extract.Invalid("bad", rule="price", field="skus"), Invalid, "Invalid price skus: bad"),
    (invalid(), Invalid, "Invalid: 2 rules"),
    (ValueRefused("too long"), Invalid, "too long"),
    (browsers.TimedOut("60 s"), Retry, "timeout: 60 s"),
    (browsers.PageCrashed("gone"), Retry, "renderer_crash: gone"),
    (browsers.BrowserLost("killed"), Retry, "browser_lost: killed"),
    (browsers.NetworkFailed("reset"), Retry, "network: reset"),
    (browsers.ProxyFailed("407"), Retry, "proxy: 407"),
    (browsers.Truncated("half"), Retry, "truncated: half"),
    (browsers.Oversized("50 MB"), Failed, "too_large: 50 MB"),
    (browsers.OffSite("elsewhere"), Failed, "off_site: elsewhere"),
    (browsers.Looped("again"), Retry, "loop: again"),
    (browsers.Busy("429"), Retry, "busy: 429"),
    (browsers.Refused("file:"), Failed, "refused: file:"),
    (KeyError("x"), Failed, "bug: KeyError: 'x'"),
]


@pytest.mark.parametrize(("error", "kind", "reason"), CASES, ids=lambda case: type(case).__name__)
def test_an_error_has_its_settlement(error, kind, reason):
    settlement = settlement_for(error, charges=0)
    assert type(settlement) is kind
    assert settlement.reason == reason


@pytest.mark.parametrize(
    "error",
    [browsers.EngineMissing(), browsers.PoolClosed(), DatabaseUnavailable(), DatabaseFull()],
    ids=lambda error: type(error).__name__,
)
def test_what_is_no_items_matter_goes_up(error):
    assert settlement_for(error, charges=0) is None


def test_every_error_of_a_page_stands_in_the_cases():
    kinds = {*leaves(browsers.RenderError), *leaves(extract.ExtractError)}
    assert kinds == {type(error) for error, _, _ in CASES} & kinds


def leaves(kind: type) -> set[type]:
    return {kind}.union(*map(leaves, kind.__subclasses__())) - {
        browsers.RenderError,
        extract.ExtractError,
    }


def test_pauses_grow_with_the_charges():
    pauses = [settlement_for(browsers.TimedOut("x"), charges=n).seconds for n in range(5)]
    assert pauses == [2, 8, 30, 30, 30]


def test_a_busy_site_is_obeyed_and_not_the_items_fault():
    told = settlement_for(browsers.Busy("429", retry_after=7), charges=0)
    assert (told.seconds, told.charged) == (7, False)
    assert settlement_for(browsers.Busy("503"), charges=0).seconds == 60


def test_a_failing_proxy_rests_and_is_not_the_items_fault():
    told = settlement_for(browsers.ProxyFailed("407"), charges=0)
    assert (told.seconds, told.charged) == (browsers.ProxyFailed.REST_SECONDS, False)


def test_a_neighbours_crash_is_not_charged():
    assert settlement_for(browsers.BrowserLost("x", charged=False), charges=0).charged is False
