"""The sections of the settings: what stands in each, its checks, and what it is if nobody says.

How they are put together and where each value came from is in `settings.py`.
"""

import ipaddress
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    model_validator,
)

from app.readable import ProfileName, Section, message, readable

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Browser(Section):
    """`[browser]`: the engine and how it is used."""

    executable: Annotated[Path | None, Field(examples=["/usr/bin/chromium"])] = None
    """The engine's file; found by itself if it is left out."""
    headless: bool = True
    """Without a window; `false` shows each page."""
    sandbox: Annotated[bool | None, Field(examples=[True])] = None
    """Chromium's own; on if it is left out, except for root, whom Chromium refuses."""
    contexts: Annotated[int, Field(ge=1, le=200)] = 8
    """Pages that one worker loads at once."""
    mode: Literal["natural", "mixed", "lean"] = "natural"
    """`natural` renders each page and behaves in it, `lean` takes the document alone, `mixed`
    renders one in ten."""
    stealth: bool = True
    """Whether rendered pages get the parts of playwright-stealth that contradict nothing."""
    dwell: Annotated[float, Field(ge=0, le=50)] = 1.0
    """How long rendered pages are looked at: 1 is 1.5 s an offer, people take 10; 0 is none."""
    retire_after_pages: Annotated[int, Field(ge=1)] = 500
    """Pages after which a context is closed and a fresh one opened."""
    memory_limit_mb: Annotated[int, Field(ge=256)] = 2048
    """MB of an engine with all its pages; beyond it a fresh one takes its place."""


class Site(Section):
    """`[site]`: which 1688 is asked and as whom; a replica's address stands in for its names."""

    profile: ProfileName = "guest"
    """Of runs that name none: `guest` is nobody, others keep cookies."""

    replica: Annotated[
        Annotated[str, readable("replica")] | None, Field(examples=["127.0.0.1:8688"])
    ] = None
    """`127.0.0.1:PORT` of a local 1688; nothing beyond this machine can be one."""


class Pace(Section):
    """`[pace]`: how gently the real site is asked. On a replica only what is set here holds."""

    page_gap_seconds: tuple[float, float] = (6.0, 10.0)
    """Seconds between two offers of one profile, and from one address: at least and at most."""
    list_gap_seconds: tuple[float, float] = (3.0, 5.0)
    """Seconds between two pages of a list: at least and at most."""
    per_day: Annotated[int, Field(ge=1)] | None = 5000
    """Pages of one profile in 24 hours of `tz`."""
    egress_per_day: Annotated[int, Field(ge=1)] | None = 10_000
    """Pages a day from one address, whichever profiles ask."""
    egress: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")] = "direct"
    """Name of the address that this machine goes out from; workers behind one share its budget."""
    quiet_hours: Annotated[
        Annotated[str, readable("quiet")] | None, Field(examples=["01:00-06:30"])
    ] = None
    """`01:00-06:30`: no page is asked for then."""
    tz: Annotated[str, readable("zone")] = "Asia/Shanghai"
    """Whose days and hours these are."""
    rests_minutes: tuple[Annotated[float, Field(ge=0)], ...] = (15.0, 60.0, 360.0)
    """Minutes that a profile rests after a first, second, … block in a row."""

    FLOOR: ClassVar[float] = 1.0
    """Seconds between two pages of the real site that no setting goes below."""
    SHORTEST_REST: ClassVar[float] = 5.0
    """Minutes of a rest on the real site that no setting goes below."""

    @model_validator(mode="after")
    def _gaps_are_ranges(self) -> Self:
        for name in ("page_gap_seconds", "list_gap_seconds"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise ValueError(f"{name} needs 0 <= low <= high")
        if not self.rests_minutes:
            raise ValueError("rests_minutes needs at least one rest")
        return self

    def too_hasty(self) -> str | None:
        """What of it the real site must not be asked with; None if nothing."""
        for name in ("page_gap_seconds", "list_gap_seconds"):
            if getattr(self, name)[0] < self.FLOOR:
                return f"{name}: the real site is asked at most once in {self.FLOOR:g} s"
        if min(self.rests_minutes) < self.SHORTEST_REST:
            return f"rests_minutes: a block is rested for at least {self.SHORTEST_REST:g} minutes"
        return None


class Profile(Section):
    """`[[profile]]`: as whom the site may be asked besides `guest`."""

    name: Annotated[ProfileName, Field(examples=["buyer"])]
    """What `--profile` calls it; small letters, digits, `.`, `_` and `-`."""
    proxy: Annotated[SecretStr | None, Field(examples=["http://proxy.example:3128"])] = None
    """`http://user:password@host:port` or `socks5://host:port`; its address has its own budget."""
    per_day: Annotated[int | None, Field(ge=1, examples=[2000])] = None
    """Pages a day; as in [pace] if it is left out."""


class Run(Section):
    """`[run]`: leases, deadlines, tries and turns."""

    lease_seconds: Seconds = 20.0
    """Seconds after which what a killed worker held is free again; under the 30 s promised."""
    deadline_seconds: Seconds = 60.0
    """Seconds that one page may take, whatever happens in it."""
    slice_seconds: Seconds = 60.0
    """Seconds of a worker's turn on one run, before it is the next one's."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Tries of one offer before it counts as failed."""
    journal: Annotated[Path | None, Field(examples=["/var/lib/pwsync/journal"])] = None
    """A folder where each worker notes what it settled, for `pwsync audit --history`."""


class Archive(Section):
    """`[archive]`: the pages that were read, kept as WARC files in the data directory."""

    keep: bool = True
    """Whether pages are kept; without them `pwsync reextract` and `why` have nothing to read."""
    retention_days: Annotated[float | None, Field(gt=0, examples=[365.0])] = None
    """Files whose pages were all seen longer ago go; nothing goes if it is left out."""
    max_mb: Annotated[int | None, Field(ge=1, examples=[50_000])] = None
    """MB of all files; beyond it the oldest go, except those with the last page of an offer."""


class Images(Section):
    """`[images]`: whether pictures are kept, and as what."""

    fetch: bool = False
    """With every run; about 1.5 MB an offer. `pwsync images fetch` does it at any time."""
    format: Literal["webp", "jpeg"] = "webp"
    """`webp` or `jpeg`; every shop takes JPEG, WebP is smaller."""
    quality: Annotated[int, Field(ge=1, le=100)] = 80
    """1 to 100; higher is larger and closer to what was fetched."""
    max_bytes: Annotated[int, Field(ge=10_000, le=20 * 1024**2)] = 20 * 1024**2
    """Bytes of one picture; larger ones are refused."""


class Backup(Section):
    """`[backup]`: what seals cookies and tokens in backups; without it they are left out."""

    key: Annotated[SecretStr | None, Field(min_length=12, examples=["TWELVE-OR-MORE"])] = None
    """A passphrase, a secret: better as PWSYNC_BACKUP__KEY. Without it sealed is lost."""
    key_file: Annotated[Path | None, Field(examples=["/etc/pwsync/backup.key"])] = None
    """A file of mode 600 with the passphrase instead."""


class Quality(Section):
    """`[quality]`: what shows in time that pages are not read as before."""

    canaries: Annotated[tuple[Annotated[str, readable("offer")], ...], Field(max_length=5)] = ()
    """Offers known to be well; read at the beginning of each run, which stops if they are not."""


def _is_network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"{text}: give addresses or networks, as 127.0.0.1 or 10.0.0.0/8"
        ) from error
    if not network.prefixlen:
        raise ValueError(f"{text} is everybody, and anybody could call themselves whom they like")
    return text


class Api(Section):
    """`[api]`: where the server listens and who may ask it."""

    host: str = "127.0.0.1"
    """The address it listens at; `0.0.0.0` is every one of this machine's, and needs tokens."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8680
    """0 takes a free one."""
    token: Annotated[
        SecretStr | None, Field(min_length=24, examples=["AT-LEAST-24-RANDOM-CHARACTERS"])
    ] = None
    """May do everything; `pwsync serve --new-token` makes others, which are kept as hashes."""
    hosts: tuple[str, ...] = ()
    """Names it is asked by besides its own, as behind a proxy."""
    proxies: tuple[Annotated[str, AfterValidator(_is_network)], ...] = ()
    """Addresses and networks that are believed whom they forward for; nobody is by default."""
    reads_per_minute: Annotated[int, Field(ge=1)] = 6_000
    """Requests of one token; of one address for who shows none."""
    writes_per_minute: Annotated[int, Field(ge=1)] = 300
    """Requests that change something, counted likewise."""
    wrong_per_minute: Annotated[int, Field(ge=1)] = 20
    """Wrong tokens of one address; after them none from there is looked at for a while."""


class Batch(Section):
    """`[[batch]]`: a run that recurs. Times are of the site's zone unless `tz` says otherwise."""

    name: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["every-night"])
    ]
    """What reports and `pwsync batch fire` call it."""
    cron: Annotated[str, readable("cron"), Field(examples=["0 2 * * *"])]
    """Minute, hour, day, month, weekday: when it is due."""
    tz: Annotated[str, readable("zone")] = "Asia/Shanghai"
    """Whose time `cron` means."""
    catchup: Annotated[str, Field(coerce_numbers_to_str=True), readable("duration")] = "15m"
    """How long after its time a missed instant is still fired; `0`: only on time."""
    file: Annotated[Path | None, Field(examples=["offers.txt"])] = None
    """A ref a line; read when due. Relative to the folder of the configuration file."""
    stale: Annotated[Annotated[str, readable("duration")] | None, Field(examples=["7d"])] = None
    """Stored offers that were last seen longer ago than this."""
    keyword: Annotated[Annotated[str, readable("keyword")] | None, Field(examples=["保温杯"])] = (
        None
    )
    """Offers that a search for these words finds."""
    shop: Annotated[
        Annotated[str, readable("shop")] | None,
        Field(examples=["https://example.1688.com/page/offerlist.htm"]),
    ] = None
    """Offers of one shop: its URL or member id."""
    category: Annotated[
        Annotated[str, Field(coerce_numbers_to_str=True), readable("category")] | None,
        Field(examples=["1037192"]),
    ] = None
    """Offers of one category: its number."""
    limit: Annotated[int | None, Field(ge=1, le=1_000_000, examples=[500])] = None
    """Offers of one run."""
    profile: Annotated[ProfileName | None, Field(examples=["buyer"])] = None
    """As whom; as in [site] if it is left out."""
    ignore_robots: Annotated[str | None, Field(min_length=3, examples=["agreed with the shop"])] = (
        None
    )
    """Why robots.txt may be left aside; each of its runs keeps the reason."""

    SOURCES: ClassVar[tuple[str, ...]] = ("file", "stale", "keyword", "shop", "category")

    @model_validator(mode="wrap")
    @classmethod
    def _say_which(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            batch: Self = read(given)
        except ValidationError as error:
            first = error.errors()[0]
            name = given.get("name") if isinstance(given, dict) else None
            where = ", ".join([f"'{name}'" if name else "without a name", *map(str, first["loc"])])
            raise ValueError(f"{where}: {message(first)}") from error
        if wrong := batch._wrong_source():
            raise ValueError(f"'{batch.name}', {wrong}")
        return batch

    def _wrong_source(self) -> str | None:
        given = [key for key in self.SOURCES if getattr(self, key) is not None]
        if len(given) != 1:
            return f"source: give exactly one of {', '.join(self.SOURCES)}"
        return None


def _is_address(url: SecretStr) -> SecretStr:
    if not re.match(r"[a-z][a-z0-9]*://.", url.get_secret_value()):
        raise ValueError("an address begins with its kind, as dingtalk://TOKEN or mailto://…")
    return url


Address = Annotated[SecretStr, AfterValidator(_is_address)]
"""Where apprise tells something; its token is a secret."""


class Notify(Section):
    """`[notify]`: who is told, unless an alert names others."""

    urls: tuple[Address, ...] = ()
    """Addresses as apprise has them: `dingtalk://TOKEN`, `mailto://…`; their tokens are secrets."""


def _percent(told: Any) -> Any:
    return told.removesuffix("%").strip() if isinstance(told, str) else told


class Alert(Section):
    """`[[alert]]`: one condition on some offers, and who is told."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["cheaper"])]
    """What messages and `pwsync alerts` call it."""
    offers: Annotated[tuple[str, ...] | None, Field(examples=[["610947572360"]])] = None
    """Ids or URLs."""
    file: Annotated[Path | None, Field(examples=["watched.txt"])] = None
    """A ref a line; read when a command starts. Relative to the configuration file's folder."""
    supplier: Annotated[str | None, Field(examples=["b2b-2208123456789"])] = None
    """Member id, login id or name of the company."""
    batch: Annotated[str | None, Field(examples=["every-night"])] = None
    """What the runs of this batch bring."""
    all: Annotated[bool | None, Field(examples=[True])] = None
    """Every stored offer."""
    price_drop: Annotated[
        Annotated[Decimal, BeforeValidator(_percent), Field(gt=0, le=100)] | None,
        Field(examples=["5%"]),
    ] = None
    """Percent: `5` or `"5%"`, at once."""
    price_below: Annotated[Decimal | None, Field(gt=0, examples=[9.9])] = None
    """In the offer's currency, CNY."""
    stock_below: Annotated[int | None, Field(ge=1, examples=[100])] = None
    """In the offer's unit."""
    on: Annotated[tuple[str, ...] | None, Field(examples=[["restock", "gone"]])] = None
    """Kinds of changes: `restock`, `gone`, `sku_added`, `title`…"""
    notify: Annotated[tuple[Address, ...] | None, Field(examples=[["mailto://me.example"]])] = None
    """Who is told; as in [notify] if it is left out."""

    WATCHED: ClassVar[tuple[str, ...]] = ("offers", "file", "supplier", "batch", "all")
    CONDITIONS: ClassVar[tuple[str, ...]] = ("price_drop", "price_below", "stock_below", "on")

    @model_validator(mode="wrap")
    @classmethod
    def _say_which(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        name = given.get("name") if isinstance(given, dict) else None
        which = f"'{name}'" if name else "without a name"
        try:
            alert: Self = read(given)
        except ValidationError as error:
            first = error.errors()[0]
            said = message(first)
            where = ", ".join([which, *map(str, first["loc"])])
            raise ValueError(f"{where}: {said}") from None  # what was given may be an address
        for kind, keys in (("watch", cls.WATCHED), ("condition", cls.CONDITIONS)):
            if sum(getattr(alert, key) not in (None, False, ()) for key in keys) != 1:
                raise ValueError(f"{which}, {kind}: give exactly one of {', '.join(keys)}")
        alert._check_kinds()
        return alert

    def _check_kinds(self) -> None:
        from app.store.facts import Kind  # noqa: PLC0415 - only who has such alerts pays for it

        if wrong := next((word for word in self.on or () if word not in set(Kind)), None):
            raise ValueError(f"'{self.name}', on: {wrong} is none of {', '.join(Kind)}")
