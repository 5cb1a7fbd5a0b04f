"""The state machine of a navigation, by lists of events, without a browser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browsers import visit
from browsers.errors import (
    Busy,
    Looped,
    NetworkFailed,
    OffSite,
    Oversized,
    PageCrashed,
    RenderError,
    Truncated,
)
from browsers.visit import (
    MOST_FRAMES,
    Act,
    Answered,
    Broke,
    Held,
    Leaving,
    Sign,
    Visit,
    retry_after,
)

URL = "https://detail.1688.com/offer/1.html"
HTML = b"<html>x</html>"


def held(**more) -> Held:
    return Held(**{"hold": "h", "load": "L", "url": URL, "status": 200, **more})


def whole(body=HTML, **headers) -> Held:
    return held(headers={"content-length": str(len(body)), **headers})


def natural(*, behave=False) -> Visit:
    return Visit(lean=False, behave=behave)


def act(order):
    return order and order.act


def arrive(going: Visit, document: Held | None = None, body=HTML):
    assert act(going.see(document or whole(body))) is Act.TAKE
    return going.took(body)


def test_lean_visit_stops_at_the_document():
    going = Visit(lean=True)
    assert arrive(going).act is Act.DROP
    assert act(going.see(Answered(error="net::ERR_ABORTED"))) is Act.FINISH
    assert going.document.body == HTML


def test_natural_visit_ends_when_the_page_is_loaded():
    going = natural()
    assert arrive(going).act is Act.LET_GO
    assert going.see(Answered()) is None
    assert going.see(Sign.COMMITTED) is None
    assert act(going.see(Sign.LOADED)) is Act.FINISH


def test_behaviour_is_played_once_and_waited_for():
    going = natural(behave=True)
    arrive(going)
    going.see(Sign.COMMITTED)
    assert act(going.see(Sign.LOADED)) is Act.PLAY
    assert going.see(Sign.STOPPED) is None
    assert act(going.see(Sign.PLAYED)) is Act.FINISH


def test_frames_are_those_of_the_last_document():
    going = natural()
    arrive(going)
    going.see(held(is_main=False, url="https://detail.1688.com/first"))
    arrive(going)
    assert going.frames == []
    for number in range(MOST_FRAMES + 5):
        assert act(going.see(held(is_main=False, url=f"{URL}?{number}"))) is Act.LET_GO
    assert going.frames == [f"{URL}?{number}" for number in range(MOST_FRAMES)]


def test_loaded_of_the_page_before_does_not_end_the_visit():
    going = natural()
    arrive(going)
    assert going.see(Sign.LOADED) is None


def test_jump_is_followed_to_its_document():
    going = natural()
    arrive(going)
    going.see(Sign.COMMITTED)
    assert going.see(Leaving(url=URL + "?2")) is None
    assert going.see(Sign.LOADED) is None
    arrive(going, held(url=URL + "?2", load="M", headers={"content-length": "14"}))
    going.see(Sign.COMMITTED)
    assert act(going.see(Sign.LOADED)) is Act.FINISH
    assert going.document.url == URL + "?2"


def test_jump_that_comes_to_nothing_leaves_the_page():
    going = natural()
    arrive(going)
    going.see(Sign.COMMITTED)
    going.see(Sign.LOADED)
    assert going.see(Leaving(url=URL + "?2")) is None
    assert act(going.see(Sign.STOPPED)) is Act.FINISH


def test_jump_to_a_download_leaves_the_page():
    going = natural()
    arrive(going)
    going.see(Sign.COMMITTED)
    going.see(Leaving(url=URL + "?zip"))
    attached = whole(b"PK", **{"content-disposition": "Attachment; filename=x"})
    assert arrive(going, attached, b"PK").act is Act.DROP
    assert act(going.see(Sign.STOPPED)) is Act.FINISH
    assert going.document.body == HTML


def test_jump_that_fails_is_a_network_error():
    going = natural()
    arrive(going)
    order = going.see(held(status=None, failure="NameNotResolved"))
    assert (order.act, type(order.error)) == (Act.DROP, NetworkFailed)


def test_page_that_left_the_site_is_off_site():
    for url in ("https://evil.example/", "http://127.0.0.1/", "https://detail.1688.com:8443/"):
        with pytest.raises(OffSite):
            natural().see(Leaving(url=url))


def test_links_into_apps_are_ignored():
    going = natural()
    arrive(going)
    going.see(Sign.COMMITTED)
    going.see(Leaving(url="wireless1688://x"))
    assert act(going.see(Sign.LOADED)) is Act.FINISH


def test_page_that_jumps_for_ever_is_a_loop():
    going = natural()
    for _ in range(visit.MOST_JUMPS):
        going.see(Leaving(url=URL))
    with pytest.raises(Looped, match="jumped"):
        going.see(Leaving(url=URL))


def test_frames_pass():
    order = natural().see(held(is_main=False, status=500))
    assert order.act is Act.LET_GO


def test_broken_body_of_the_document_is_truncation_and_of_another_is_not():
    going = natural()
    arrive(going)
    assert going.see(Broke(load="other", error="net::ERR_FAILED")) is None
    with pytest.raises(Truncated):
        going.see(Broke(load="L", error="net::ERR_CONTENT_LENGTH_MISMATCH"))


def test_crash_is_told():
    with pytest.raises(PageCrashed):
        natural().see(Sign.CRASHED)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("net::ERR_TOO_MANY_REDIRECTS", Looped),
        ("net::ERR_UNSAFE_REDIRECT", OffSite),
        ("net::ERR_CONNECTION_RESET", NetworkFailed),
        ("net::ERR_NAME_NOT_RESOLVED", NetworkFailed),
    ],
)
def test_failed_navigation_is_sorted_by_the_table(error, kind):
    with pytest.raises(RenderError) as caught:
        natural().see(Answered(error=error))
    assert type(caught.value) is kind


def test_navigation_aborted_by_somebody_else_waits_for_the_reason():
    assert natural().see(Answered(error="net::ERR_ABORTED")) is None


def test_unanswered_navigation_is_let_go_to_hear_the_exact_error():
    assert natural().see(held(status=None, failure="Failed")).act is Act.LET_GO


class TestRefusals:
    def refused(self, **more) -> RenderError:
        order = natural().see(held(**more))
        assert order.act is Act.DROP
        return order.error

    @pytest.mark.parametrize("status", [419, 420, 429, 500, 502, 503, 599])
    def test_busy(self, status):
        error = self.refused(status=status, headers={"retry-after": "9"})
        assert (type(error), error.retry_after) == (Busy, 9.0)

    @pytest.mark.parametrize("status", [200, 403, 404, 410, 418])
    def test_other_answers_are_taken(self, status):
        assert natural().see(held(status=status)).act is Act.TAKE

    @pytest.mark.parametrize(
        "target",
        ["https://evil.example/", "file:///etc/passwd", "//[", "javascript:1", "http://0/"],
    )
    def test_redirect_off_the_site(self, target):
        assert type(self.refused(status=302, headers={"location": target})) is OffSite

    def test_redirect_loop(self):
        going = natural()
        hop = held(status=302, headers={"location": "/again"})
        for _ in range(visit.MOST_HOPS):
            assert going.see(hop).act is Act.LET_GO
        assert type(going.see(hop).error) is Looped

    def test_redirect_without_a_target_is_a_document(self):
        assert natural().see(held(status=302)).act is Act.TAKE

    def test_document_from_elsewhere(self):
        assert type(self.refused(url="https://evil.example/")) is OffSite

    def test_announced_size(self):
        size = str(visit.LARGEST + 1)
        assert type(self.refused(headers={"content-length": size})) is Oversized

    def test_unannounced_size(self):
        order = arrive(natural(), held(), b"x" * (visit.LARGEST + 1))
        assert type(order.error) is Oversized

    def test_short_body(self):
        order = arrive(natural(), held(headers={"content-length": "99"}))
        assert type(order.error) is Truncated


class TestWhole:
    """When lean believes that a body is complete."""

    @pytest.mark.parametrize(
        ("headers", "body", "believed"),
        [
            ({"content-length": "3"}, b"abc", True),
            ({"content-type": "text/html"}, b"<html></html>\n", True),
            ({"content-type": "text/html;charset=GBK"}, b"<html><scr", False),
            ({"content-type": "text/html"}, b'{"a":1}', False),
            ({"content-type": "application/json"}, b'{"a":1}', True),
            ({"content-type": "application/json"}, b'{"a":1', False),
            ({"content-type": "text/html", "content-encoding": "gzip", "content-length": "9"},
             b"<html", False),
            ({}, b"", False),
        ],
    )  # fmt: skip
    def test_table(self, headers, body, believed):
        order = arrive(Visit(lean=True), held(headers=headers), body)
        assert order.act is (Act.DROP if believed else Act.LET_GO)

    def test_doubted_body_is_confirmed_by_the_engine(self):
        going = Visit(lean=True)
        arrive(going, held(), b"plain text")
        going.see(Answered())
        going.see(Sign.COMMITTED)
        assert act(going.see(Sign.LOADED)) is Act.FINISH

    def test_answer_without_a_document_is_an_answer(self):
        going = natural()
        assert arrive(going, held(status=204), b"").act is Act.DROP
        assert act(going.see(Answered(error="net::ERR_ABORTED"))) is Act.FINISH
        assert going.document.status == 204


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("17", 17),
        ("0", 0),
        ("999999999999", visit.LONGEST_WAIT),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("１２", None),
        ("Tue, 24 Nov 2026 00:01:00 GMT", 60),
        ("Mon, 23 Nov 2026 00:00:00 GMT", 0),
        ("Tue, 24 Nov 2037 00:00:00 GMT", visit.LONGEST_WAIT),
        ("Tue, 24 Nov 2026 00:01:00 -0000", None),
    ],
)
def test_retry_after(asked, seconds):
    headers = {"retry-after": asked, "date": "Tue, 24 Nov 2026 00:00:00 GMT"}
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date_needs_the_servers_clock():
    assert retry_after({"retry-after": "Tue, 24 Nov 2026 00:01:00 GMT"}) is None


words = st.text(max_size=30)
urls = st.one_of(st.sampled_from([URL, URL + "?x", "https://evil.example/", "x:"]), words)
headers = st.dictionaries(
    st.sampled_from(
        ["content-length", "content-type", "content-encoding", "location", "retry-after", "date",
         "content-disposition"]
    ),
    words | st.integers().map(str),
)  # fmt: skip
events = st.one_of(
    st.builds(
        Held,
        hold=words,
        load=st.sampled_from("LM"),
        url=urls,
        status=st.none() | st.integers(100, 599),
        headers=headers,
        is_main=st.booleans(),
    ),
    st.builds(Answered, error=st.none() | words | st.just("net::ERR_ABORTED")),
    st.builds(Leaving, url=urls),
    st.builds(Broke, load=st.sampled_from("LM"), error=words),
    st.sampled_from(list(Sign)),
)


@given(st.booleans(), st.booleans(), st.lists(st.tuples(events, st.binary(max_size=20))))
def test_no_sequence_of_events_breaks_a_visit(lean, behave, story):
    """Whatever a hostile page makes the engine report: an order, a wait, or a RenderError."""
    going = Visit(lean=lean, behave=behave)
    try:
        for event, body in story:
            order = going.see(event)
            if order and order.act is Act.TAKE:
                order = going.took(body)
                assert order.act in (Act.DROP, Act.LET_GO)
            if order and order.act is Act.FINISH:
                assert going.document is not None
                break
    except RenderError:
        pass
