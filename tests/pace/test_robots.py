"""robots.txt: what a status means, whose lines count, which line forbids, how long it is kept."""

from datetime import UTC, datetime, timedelta
from itertools import product
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.pace import robots
from app.pace.robots import Allowed, Disallowed, Rules, our_lines
from app.store.engine import transact
from tests.runs.books import LATER

HOST = "detail.1688.com"
PAGE = f"https://{HOST}/offer/610947572360.html"
THEN = datetime(2026, 5, 6, 4, tzinfo=UTC)


def rules(body: str, status: int = 200) -> Rules:
    return Rules(host=HOST, status=status, body=body, fetched_at=THEN)


def grown_old(engine, seconds: float) -> None:
    moved = LATER[engine.dialect.name].format("fetched_at")
    change = text(f"UPDATE robots_file SET fetched_at = {moved}")
    transact(engine, lambda conn: conn.execute(change, {"seconds": seconds}))


# Statuses


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_what_is_not_there_forbids_nothing(status):
    found = rules("User-agent: *\nDisallow: /", status)
    assert found.verdict(PAGE) == Allowed()
    assert found.closed is None
    assert found.stale_at == THEN + timedelta(hours=24)


@pytest.mark.parametrize("status", [500, 503, 599, 429, 302, 0])
def test_what_cannot_be_had_forbids_everything_for_a_while(status):
    found = rules("", status)
    assert found.is_unreachable
    assert isinstance(found.verdict(PAGE), Disallowed)
    assert found.closed.until == THEN + timedelta(seconds=robots.AGAIN_SECONDS)
    assert ("no answer" if status == robots.UNANSWERED else str(status)) in found.closed.why


# Whose lines count


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("", None),
        ("<!doctype html><p>Not found: here</p>", None),
        ("User-agent: *\nDisallow:", None),
        ("User-agent: *\nDisallow: /", "Disallow: /"),
        ("user-AGENT :*\ndisallow :/offer # all of them", "disallow :/offer"),
        ("User-agent: Baiduspider\nDisallow: /", None),
        ("User-agent: Baiduspider\nUser-agent: *\nDisallow: /", "Disallow: /"),
        ("User-agent: *\nDisallow: /\nUser-agent: PWSYNC/1.0\nDisallow: /cart", None),
        ("User-agent: *\nAllow: /\nUser-agent: pwsync\nDisallow: /offer", "Disallow: /offer"),
        ("User-agent: *\nDisallow: /\n\nUser-agent: pwsync\n", None),
        ("User-agent: pw\nUser-agent: pwsync-news\nDisallow: /", None),
        ("User-agent: *\nDisallow: /a\nUser-agent: x\nAllow: /\nUser-agent: *\nDisallow: /offer/",
         "Disallow: /offer/"),
        ("Disallow: /\nUser-agent: *\nAllow: /", None),
        ("User-agent: x\nSitemap: https://a/b\nUser-agent: *\nDisallow: /", "Disallow: /"),
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", "Disallow: /"),
    ],
)  # fmt: skip
def test_whose_lines_count(engine, body, rule):
    learned = robots.learn(engine, HOST, 200, body.encode())
    for found in (learned, robots.known(engine, HOST)):
        wanted = Allowed() if rule is None else Disallowed(rule=rule)
        assert found.verdict(PAGE) == wanted


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        (("Disallow: /", "Allow: /offer"), None),
        (("Disallow: /offer", "Allow: /"), "Disallow: /offer"),
        (("Disallow: /offer/", "Allow: /offer/"), None),
        (("Disallow: /*.html$", "Disallow: /off"), "Disallow: /*.html$"),
        (("Disallow: /*.htm$",), None),
        (("Disallow: /", "Disallow: /offer/"), "Disallow: /offer/"),
        (("Disallow: /offer/6109%347572360.html",), "Disallow: /offer/6109%347572360.html"),
        (("Disallow: *360",), "Disallow: *360"),
    ],
)
def test_the_longest_pattern_decides_and_is_told(lines, rule):
    found = rules("\n".join(["User-agent: *", *lines])).verdict(PAGE)
    assert found == (Allowed() if rule is None else Disallowed(rule=rule))


def test_the_file_itself_is_never_forbidden():
    assert rules("User-agent: *\nDisallow: /").verdict(f"https://{HOST}/robots.txt") == Allowed()


patterns = st.text(alphabet="/of*$ .h#%é", max_size=8)
fields = st.sampled_from(
    ["Disallow", "allow", "User-agent", "Sitemap", "Crawl-delay", "nonsense", ""]
)
agents = st.sampled_from(["*", "pwsync", "other"])
files = st.lists(st.tuples(fields, st.one_of(patterns, agents)).map(": ".join)).map("\n".join)


@given(files, st.sampled_from([PAGE, f"https://{HOST}/of/of.h", f"https://{HOST}/"]))
def test_whatever_it_says_a_verdict_is_found_and_a_rule_is_one_of_its_lines(body, url):
    found = rules(f"User-agent: *\nDisallow: /\n{body}").verdict(url)
    if isinstance(found, Disallowed):
        assert found.rule in our_lines(f"User-agent: *\nDisallow: /\n{body}")


@given(st.binary(max_size=200))
def test_whatever_bytes_it_is_made_of(body):
    assert isinstance(rules(body.decode("utf-8", "replace")).verdict(PAGE), Allowed | Disallowed)


@pytest.mark.parametrize(
    ("asked", "kept"), [("10", 10), ("2.5", 2.5), ("86400", 300), ("soon", None), ("-3", None)]
)
def test_a_crawl_delay_is_honoured_up_to_five_minutes(asked, kept):
    body = f"User-agent: other\nCrawl-delay: 77\nUser-agent: *\nCrawl-delay: {asked}"
    assert (rules(body).crawl_delay or None) == kept


# How it is kept


def test_a_host_is_asked_for_its_file_once_a_day(engine):
    assert robots.known(engine, HOST) is None
    robots.learn(engine, HOST, 200, b"User-agent: *\nDisallow: /cart")
    grown_old(engine, 24 * 3600 - 60)
    assert robots.known(engine, HOST).verdict(PAGE) == Allowed()
    assert robots.known(engine, "s.1688.com") is None
    grown_old(engine, 61)
    assert robots.known(engine, HOST) is None


def test_a_file_that_could_not_be_had_is_asked_for_again_soon(engine):
    robots.learn(engine, HOST, 503, b"busy")
    assert robots.known(engine, HOST).is_unreachable
    grown_old(engine, robots.AGAIN_SECONDS + 1)
    assert robots.known(engine, HOST) is None
    robots.learn(engine, HOST, 404, b"")
    assert robots.known(engine, HOST).verdict(PAGE) == Allowed()


def test_half_a_megabyte_is_kept_and_read_and_no_more(engine):
    filler = b"# " + b"x" * 96 + b"\n"
    line = b"User-agent: *\nDisallow: /offer\n"
    whole = filler * 5000 + line
    assert 64 * 1024 < len(whole) <= robots.LONGEST
    robots.learn(engine, HOST, 200, whole)
    assert isinstance(robots.known(engine, HOST).verdict(PAGE), Disallowed)
    robots.learn(engine, HOST, 200, filler * 6000 + line)
    assert robots.known(engine, HOST).verdict(PAGE) == Allowed()


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00U\x00s", b"User-agent: *\x00\nDisallow: /\xed\xa0\x80"]
)
def test_a_file_that_is_no_text_is_kept_all_the_same(engine, body):
    robots.learn(engine, HOST, 200, body)
    assert robots.known(engine, HOST).verdict(PAGE) is not None


@pytest.mark.parametrize(
    "body",
    [
        "a" + " " * 500_000,
        "".join(f"User-agent: {a}{b}{c}\n" for a, b, c in product(ascii_lowercase, repeat=3))
        + "Disallow: /x\n" * 20_000,
        "User-agent: *\nDisallow: /" + "*a" * 200_000 + "$",
        "User-agent: *\n" + "".join(f"Disallow: /offer{n}x\n" for n in range(20_000)),
    ],
)
def test_a_file_that_is_made_to_be_slow_is_read(body):
    assert rules(body).verdict(PAGE) == Allowed()
