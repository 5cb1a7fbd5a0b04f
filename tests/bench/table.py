"""The figures as Markdown: one table by what is done to a page, and the targets. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from tests.bench.figures import NOISY, Spread, Summary
from tests.bench.targets import Verdict
from tests.bench.variants import CONTEXTS, NO_BROWSER, NOT_RENDERED, PARTLY, RENDERED, VARIANTS

Summaries = Mapping[str, Summary]
"""By `variant@contexts`."""

KINDS = {
    NOT_RENDERED: "Not rendered: a navigation of the browser, stopped when the document is there",
    PARTLY: "Partly rendered: plain HTTP for most pages, some rendered to compare",
    RENDERED: "Rendered: the page's own scripts run until DOMContentLoaded",
    NO_BROWSER: "No browser",
}
HEAD = (
    "| | contexts | pages/s | CPU-s/page | p50 s | p95 s | peak MiB | pages (runs) | failed, wrong |"
    "\n|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)

MEANING = (
    "Median of the runs, in brackets the least and the most. CPU and memory (PSS) are of the whole tree "
    "of processes; the local 1688 is not in them, but shares the machine."
)
MATCH = (
    "{compared} stored items were compared with what the site's generator says, field by field: "
    "{wrong} differ."
)


def table(found: Summaries, shown: Sequence[int] = CONTEXTS) -> str:
    """What was measured at these numbers of contexts, like with like."""
    parts = []
    for kind, title in KINDS.items():
        lines = [*_lines(found, kind, shown)]
        if lines:
            parts.append("\n".join([f"{title}:", "", HEAD, *lines]))
    return "\n\n".join(parts)


def _lines(found: Summaries, kind: str, shown: Sequence[int]) -> Iterable[str]:
    for variant in VARIANTS:
        for contexts in shown:
            one = found.get(f"{variant.name}@{contexts}")
            if one is not None and variant.kind == kind:
                yield _line(variant.title, contexts, one)


def _line(title: str, contexts: int, one: Summary) -> str:
    if one.rate is None:
        return (
            f"| {title} | {contexts} | failed: {_cell(one.failed)} | | | | | | {one.failed_pages} |"
        )
    words = [
        title + (" †" if one.is_noisy else "") + (" ‡" if one.is_cold else ""),
        str(contexts),
        spelt(one.rate, 1),
        spelt(one.cpu, 3),
        spelt(one.p50, 2),
        spelt(one.p95, 2),
        spelt(one.peak, 0),
        f"{one.pages} ({one.runs})",
        f"{one.failed_pages}, {one.wrong}",
    ]
    return f"| {' | '.join(words)} |"


def _cell(text: str | None) -> str:
    return (text or "no reason told").replace("|", "/")


def spelt(spread: Spread | None, digits: int) -> str:
    return "" if spread is None else spread.text(digits)


def whole(found: Summaries) -> str:
    """What a sync brings from the moment it is typed, start and end included."""
    lines = [
        f"* {variant.title} with {contexts}: {spelt(one.whole, 1)} offers/s"
        for variant in VARIANTS
        for contexts in CONTEXTS
        if variant.is_product and (one := found.get(f"{variant.name}@{contexts}")) and one.whole
    ]
    title = "From the command's start to its end (it starts Python, database and browser, too):"
    return "\n".join([title, "", *lines]) if lines else ""


def ticked(verdicts: Iterable[Verdict]) -> str:
    """The targets as a checked list."""
    marks = {True: "[x] met", False: "[ ] **missed**", None: "[ ] not measured"}
    return "\n".join(f"* {marks[one.met]}: {one.target}; {one.figures}" for one in verdicts)


def notes(found: Summaries) -> str:
    """How to read it, with what was disturbed."""
    noisy = [key for key, one in found.items() if one.is_noisy]
    compared = sum(one.compared for one in found.values())
    wrong = sum(one.wrong for one in found.values())
    said = [MEANING, MATCH.format(compared=compared, wrong=wrong)]
    if noisy:
        said.append(
            f"† Something else used more than {NOISY} cores meanwhile (the most: "
            f"{max(found[key].foreign for key in noisy):.1f}): {len(noisy)} of {len(found)} rows."
        )
    if any(one.is_cold for one in found.values()):
        said.append(
            "‡ The window opened before the warm-up was through: the first pages took too long."
        )
    return "\n".join(said)
