"""Who is measured, and at how many contexts: the table behind the table."""

from dataclasses import dataclass

NOT_RENDERED = "not rendered"
"""The document as served; none of its scripts run."""
PARTLY = "partly rendered"
RENDERED = "rendered"
"""The page's own scripts run until DOMContentLoaded."""
NO_BROWSER = "no browser"


CONTEXTS = (1, 4, 8, 50)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to take in offers."""

    name: str
    title: str
    kind: str
    program: str
    """Module under `tests.bench`; empty: the `pwsync` command."""
    mode: str = ""
    often: tuple[int, ...] = ()
    """Numbers of contexts that are measured as often as wanted."""
    once: tuple[int, ...] = ()
    """Those that are measured once: they take long, or change little."""
    think: tuple[float, float] = (0.0, 0.0)
    warm_pages: int = 0
    """Pages before the window opens; 0: two of each context."""
    warm_seconds: float = 15.0
    """It opens after this at the latest."""

    @property
    def is_peer(self) -> bool:
        return self.program.startswith("peers.")

    @property
    def is_product(self) -> bool:
        return not self.program


VARIANTS = (
    Variant(
        name="sync-lean", title="**pwsync sync**, lean", kind=NOT_RENDERED, program="",
        mode="lean", often=(1, 8, 50), once=(4,),
    ),
    Variant(
        name="pool-lean", title="pwsync's pool alone, lean", kind=NOT_RENDERED,
        program="ours.pool_pages", mode="lean", often=(8, 50), once=(1, 4),
    ),
    Variant(
        name="cdp", title="raw CDP, as lean does it", kind=NOT_RENDERED,
        program="peers.cdp_served", often=(8, 50), once=(1, 4),
    ),
    Variant(
        name="adaptive", title="Crawlee AdaptivePlaywrightCrawler", kind=PARTLY,
        program="peers.adaptive_pages", often=(8,), once=(1, 4, 50),
        warm_pages=64, warm_seconds=20.0,
    ),
    Variant(
        name="sync-natural", title="**pwsync sync**, natural", kind=RENDERED, program="",
        mode="natural", often=(1, 8), once=(4, 50),
    ),
    Variant(
        name="pool-natural", title="pwsync's pool alone, natural", kind=RENDERED,
        program="ours.pool_pages", mode="natural", often=(8,), once=(1, 4),
    ),
    Variant(
        name="crawlee", title="Crawlee PlaywrightCrawler, block_requests", kind=RENDERED,
        program="peers.crawlee_pages", often=(1, 8), once=(4, 50),
    ),
    Variant(
        name="scrapy", title="scrapy-playwright, PLAYWRIGHT_ABORT_REQUEST", kind=RENDERED,
        program="peers.scrapy_pages", often=(1, 8), once=(4, 50),
    ),
    Variant(
        name="playwright-reused", title="Playwright, route.abort, page reused", kind=RENDERED,
        program="peers.playwright_reused", often=(8,), once=(1, 4, 50),
    ),
    Variant(
        name="playwright-fresh", title="Playwright, route.abort, context per page", kind=RENDERED,
        program="peers.playwright_fresh", often=(8,), once=(1, 4),
    ),
    Variant(
        name="pool-lean-think", title="pwsync's pool, lean, 2-6 s between pages",
        kind=NOT_RENDERED, program="ours.pool_pages", mode="lean", once=(50,), think=(2.0, 6.0),
    ),
    Variant(
        name="http", title="httpx: what the local 1688 can serve", kind=NO_BROWSER,
        program="ours.plain_http", once=(8,),
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A variant at a number of contexts."""

    variant: Variant
    contexts: int

    @property
    def key(self) -> str:
        return f"{self.variant.name}@{self.contexts}"

    @property
    def warm_pages(self) -> int:
        return self.variant.warm_pages or 2 * self.contexts

    def window(self, seconds: float) -> float:
        """Rendered pages are few, so they are watched for longer; fifty at once longest."""
        if self.variant.kind != RENDERED:
            return seconds
        return seconds * (4 if self.contexts > 8 else 2)


def rounds(
    repetitions: int, contexts: list[int] | None = None, only: list[str] | None = None
) -> list[list[Cell]]:
    """Cells of each repetition: interleaved, so that a noisy minute strikes all alike.

    What is measured once comes in the first, unless its number of contexts was asked for.
    Raises ValueError for a name that there is not.
    """
    if unknown := set(only or ()) - {variant.name for variant in VARIANTS}:
        names = ", ".join(variant.name for variant in VARIANTS)
        raise ValueError(f"no variant {min(unknown)}; there are {names}")
    chosen = [one for one in VARIANTS if not only or one.name in only]

    def numbers(variant: Variant, number: int) -> list[int]:
        known = variant.often + (variant.once if number == 0 or contexts else ())
        return sorted(n for n in known if not contexts or n in contexts)

    return [
        [
            Cell(variant=one, contexts=n)
            for n in CONTEXTS
            for one in chosen
            if n in numbers(one, turn)
        ]
        for turn in range(repetitions)
    ]
