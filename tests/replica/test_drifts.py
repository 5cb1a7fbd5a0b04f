"""Pages of the local 1688 that change their shape on demand."""

import gzip

import pytest

from app.replica.cases import Era
from app.replica.drifts import BadDrift, Drift, applied, read
from app.replica.serve import running

STATE = b'{"subject":"a \\"price\\": 3","price":"7.50","offerPrice":1.2,"price" : 10}'


def test_a_key_is_renamed_and_numbers_are_rescaled():
    assert Drift(rename=("subject", "title")).apply(STATE, Era.CONTEXT).startswith(b'{"title":')
    scaled = Drift(scale=("price", 100)).apply(STATE, Era.CONTEXT)
    assert b'"price":"750"' in scaled
    assert b'"offerPrice":1.2' in scaled
    assert b'"price" : 1000' in scaled


def test_an_era_that_is_not_meant_stays_as_it_is():
    drift = Drift(eras=(Era.CONTEXT,), rename=("subject", "title"))
    assert applied([drift], STATE, Era.INIT_MOBILE) == STATE


@pytest.mark.parametrize(
    "query",
    [{"rename": "subject"}, {"scale": "price:ten"}, {"rename": "a:b", "era": "none"}, {"rename": '"a:b'}],
)  # fmt: skip
def test_a_drift_that_cannot_be_read_is_refused(query):
    with pytest.raises(BadDrift):
        read(query)


def test_the_site_drifts_from_the_moment_it_is_told_to_and_back():
    with running(offers=4, seed=3, padded=False, eras=["context"]) as site:
        live = next(one for one in site.listed() if one["standing"] == "live")
        path = f"/offer/{live['offer_id']}.html"

        def page():
            body = site.ask(path, host="detail.1688.com")[2]
            return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body

        before = page()
        site.drift(rename="subject:subjectTitle")
        site.drift(scale="canBookCount:2", era="context")
        assert b'"subject":' in before
        assert b'"subject":' not in page()
        assert b'"subjectTitle":' in page()
        with pytest.raises(LookupError):
            site.drift(rename="nothing")
        site.drift()
        assert page() == before
