"""What an engine told of itself, and where one part of it contradicts another.

Pure: `probe.py` asks, this judges. A site needs no list of robots to see that a page says Windows
and its worker Linux; so a rule here compares what was told with what was told, or with the code
that an engine of that kind has, and never with a guess of what a site may like.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request of the probe page, as it came in."""

    path: str
    headers: Mapping[str, str]
    """By lower-case name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """Everything that was told, by whom."""

    realms: Mapping[str, Mapping[str, Any]]
    """Told by `tell()` of probe.js in `page`, `frame`, `far` (another site's frame), `worker`."""
    page: Mapping[str, Any]
    """Told by `look()` in the page."""
    frames: Mapping[str, Mapping[str, Any]]
    """The same by frame."""
    asked: tuple[Asked, ...]

    @property
    def told(self) -> Mapping[str, Any]:
        return self.realms["page"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What is true, as the operating system and the engine's file tell it."""

    system: str
    """`Linux`."""
    platform: str
    """`Linux x86_64`."""
    processors: frozenset[int]
    """How many there are, and how many we may use."""
    version: str
    """The engine's."""


ALIKE = (
    "userAgent", "appVersion", "platform", "language", "languages", "cores", "memory", "locale",
    "zone", "offset", "brands", "mobile", "os", "hints", "queried", "gl", "errors",
)  # fmt: skip
"""What every realm of one browser tells alike."""

SYSTEMS = (
    # in the user agent, in navigator.platform, in the client hints
    ("X11; Linux", "Linux", "Linux"),
    ("Windows NT", "Win", "Windows"),
    ("Macintosh", "Mac", "macOS"),
)
GRAPHICS = (
    # in the name of the renderer; on which system alone there is one
    ("Direct3D", "Windows"),
    ("Metal", "macOS"),
    ("OpenGL Engine", "macOS"),
    ("Mesa", "Linux"),
)
PERMISSIONS = {"default": "prompt", "granted": "granted", "denied": "denied"}
"""`Notification.permission`, and what a query of it answers then."""
_JANUARY = datetime(2026, 1, 1)  # noqa: DTZ001 - the zone is what is asked for
_CHROME = re.compile(r"Chrome/(\d+)")
_LONGEST = 60


def contradictions(story: Story) -> tuple[str, ...]:
    """What does not fit together, a sentence each, beginning with the name of its rule."""
    return tuple(f"{name}: {text}" for name, look in RULES for text in look(story))


def untruths(story: Story, machine: Machine) -> tuple[str, ...]:
    """Where the machine is said to be another one."""
    told, full = story.told, (story.told["hints"] or {}).get("fullVersionList")
    version = next((one["version"] for one in full or () if one["brand"] == "Chromium"), "")
    claims = (
        ("system", told["os"], told["os"] == machine.system),
        ("platform", told["platform"], told["platform"] == machine.platform),
        ("processors", told["cores"], told["cores"] in machine.processors),
        ("version", version, version == machine.version),
    )
    return tuple(f"{name} said to be {claim}" for name, claim, is_true in claims if not is_true)


def summary(story: Story) -> str:
    """Who it says it is, in one line."""
    told, full = story.told, (story.told["hints"] or {}).get("fullVersionList")
    engine = ", ".join(
        f"{one['brand']} {one['version']}"
        for one in full or ()
        if not one["brand"].startswith("Not")  # the odd name that every list has
    )
    place = f"{','.join(told['languages'])}, {told['zone']}"
    screen = "x".join(map(str, story.page["screen"]))
    drawn = (told["gl"] or ["", "no WebGL"])[1]
    return (
        f"{engine} on {told['platform']}, {told['cores']} processors, {place},"
        f" screen {screen}, {drawn}"
    )


def _realms(story: Story) -> Iterator[str]:
    for realm, told in story.realms.items():
        for key in ALIKE:
            here, there = told.get(key), story.told.get(key)
            if here != there:
                yield f"{realm} says {key} {_short(here)}, page {_short(there)}"


def _agent_headers(story: Story) -> Iterator[str]:
    for asked in story.asked:
        sent = asked.headers.get("user-agent")
        if sent != story.told["userAgent"]:
            yield f"{asked.path} is asked for by {_short(sent)}"


def _language_headers(story: Story) -> Iterator[str]:
    """Weights aside: a worker's own requests lack them in the headless shell, and no flag helps."""
    for asked in story.asked:
        sent = asked.headers.get("accept-language", "")
        if [part.partition(";")[0].strip() for part in sent.split(",")] != story.told["languages"]:
            yield f"{asked.path} is asked for in {sent!r}, page says {story.told['languages']}"


def _hint_headers(story: Story) -> Iterator[str]:
    expected = _expected_hints(story.told)
    if expected["sec-ch-ua"] and "sec-ch-ua" not in story.asked[0].headers:
        yield "the page is asked for without sec-ch-ua"
    for asked in story.asked:
        for name, value in expected.items():
            if asked.headers.get(name, value) != value:
                yield f"{asked.path} is sent {name} {asked.headers[name]}, page says {value}"


def _expected_hints(told: Mapping[str, Any]) -> dict[str, str]:
    """Headers that the page's answers amount to."""
    more = told["hints"] or {}
    return {
        "sec-ch-ua": _brands(told["brands"]),
        "sec-ch-ua-mobile": "?1" if told["mobile"] else "?0",
        "sec-ch-ua-platform": f'"{told["os"]}"',
        "sec-ch-ua-full-version-list": _brands(more.get("fullVersionList")),
        "sec-ch-ua-arch": f'"{more.get("architecture", "")}"',
        "sec-ch-ua-bitness": f'"{more.get("bitness", "")}"',
        "sec-ch-ua-model": f'"{more.get("model", "")}"',
        "sec-ch-ua-platform-version": f'"{more.get("platformVersion", "")}"',
    }


def _brands(listed: list[dict[str, str]] | None) -> str:
    return ", ".join(f'"{one["brand"]}";v="{one["version"]}"' for one in listed or ())


def _versions(story: Story) -> Iterator[str]:
    found = _CHROME.search(story.told["userAgent"])
    major = found[1] if found else ""
    for listed in (story.told["brands"], (story.told["hints"] or {}).get("fullVersionList")):
        versions = {one["brand"]: one["version"].partition(".")[0] for one in listed or ()}
        if versions.get("Chromium") != major:
            yield f"the user agent says {major or 'none'}, the brands {versions}"


def _headless(story: Story) -> Iterator[str]:
    for realm, told in story.realms.items():
        if "Headless" in f"{told['userAgent']}{told['brands']}{told['hints']}":
            yield f"{realm} calls itself headless"
    for asked in story.asked:
        if any("Headless" in text for text in asked.headers.values()):
            yield f"{asked.path} is asked for by a headless browser"


def _system(story: Story) -> Iterator[str]:
    told = story.told
    said = (told["userAgent"], told["platform"], told["os"])
    if not any(all(w in text for w, text in zip(row, said, strict=True)) for row in SYSTEMS):
        yield f"user agent, platform and hints name no one system: {_short(said[0])}, {said[1:]}"


def _graphics(story: Story) -> Iterator[str]:
    renderer = (story.told["gl"] or ["", ""])[1]
    for words, system in GRAPHICS:
        if words in renderer and story.told["os"] != system:
            yield f"{renderer!r} is of {system}, the hints say {story.told['os']}"


def _webdriver(story: Story) -> Iterator[str]:
    for realm, seen in {"page": story.page, **story.frames}.items():
        if seen["webdriver"] is not False:
            yield f"{realm} has navigator.webdriver {seen['webdriver']}"


def _permission(story: Story) -> Iterator[str]:
    for realm, told in story.realms.items():
        if PERMISSIONS.get(told["granted"]) != told["queried"]:
            yield f"{realm} is {told['granted']} notifications, and {told['queried']} when it asks"


def _language(story: Story) -> Iterator[str]:
    told = story.told
    if told["language"] != told["languages"][0]:
        yield f"language {told['language']} is not the first of {told['languages']}"
    if told["locale"].partition("-")[0] != told["language"].partition("-")[0]:
        yield f"dates are written in {told['locale']}, the language is {told['language']}"


def _zone(story: Story) -> Iterator[str]:
    away = _JANUARY.replace(tzinfo=ZoneInfo(story.told["zone"])).utcoffset() or timedelta()
    if away != timedelta(minutes=-story.told["offset"]):
        yield f"{story.told['zone']} is {away} from UTC, the clock {-story.told['offset']} minutes"


def _screen(story: Story) -> Iterator[str]:
    sizes = [story.page[name] for name in ("inner", "outer", "screen")]
    pairs = [pair for one, two in pairwise(sizes) for pair in zip(one, two, strict=True)]
    if not all(inside <= around for inside, around in pairs):
        yield f"page, window and screen do not fit into each other: {sizes}"
    if not story.page["fits"]:
        yield "style rules see another screen than scripts do"
    for realm, seen in story.frames.items():
        if seen["screen"] != story.page["screen"]:
            yield f"{realm} has a screen of {seen['screen']}, page of {story.page['screen']}"


def _plugins(story: Story) -> Iterator[str]:
    page = story.page
    if not page["pdf"] == bool(page["plugins"]) == ("application/pdf" in page["types"]):
        yield f"PDF viewer {page['pdf']}, plugins {page['plugins']}, types {page['types']}"


def _codecs(story: Story) -> Iterator[str]:
    if story.page["plays"] != story.page["streams"]:
        yield f"plays {story.page['plays']}, streams {story.page['streams']}"


def _own_code(story: Story) -> Iterator[str]:
    for realm, told in story.realms.items():
        for name in told["patched"]:
            yield f"{name} is not the engine's own in {realm}"


def _globals(story: Story) -> Iterator[str]:
    own = _names(story.page)
    for realm, seen in story.frames.items():
        if odd := sorted(own ^ _names(seen)):
            yield f"page and {realm} do not have the same globals: {odd[:3]}"


def _names(seen: Mapping[str, Any]) -> set[str]:
    """Global names; numbers are the frames of a window."""
    return {name for name in seen["globals"] if not name.isdecimal()}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


RULES: tuple[tuple[str, Callable[[Story], Iterator[str]]], ...] = (
    ("realms", _realms),
    ("user agent sent", _agent_headers),
    ("languages sent", _language_headers),
    ("hints sent", _hint_headers),
    ("versions", _versions),
    ("headless", _headless),
    ("system", _system),
    ("graphics", _graphics),
    ("webdriver", _webdriver),
    ("permission", _permission),
    ("language", _language),
    ("time zone", _zone),
    ("screen", _screen),
    ("plugins", _plugins),
    ("codecs", _codecs),
    ("own code", _own_code),
    ("globals", _globals),
)
