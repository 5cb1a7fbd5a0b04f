"""What is printed and what stands in the READMEs. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench import table
from tests.bench.figures import good, summary, why
from tests.bench.targets import elsewhere, verdicts
from tests.bench.values import Run
from tests.bench.variants import CONTEXTS

Runs = Mapping[str, Sequence[Run]]

BRIEF = (8, 50)
"""Numbers of contexts that a README shows."""
CHINESE = {
    "Not rendered: a navigation of the browser, stopped when the document is there": "不渲染：浏览器真实导航，文档到达即停止",
    "Partly rendered: plain HTTP for most pages, some rendered to compare": "部分渲染：多数页面走普通 HTTP，少数渲染以作比较",
    "Rendered: the page's own scripts run until DOMContentLoaded": "渲染：执行页面自身脚本，直到 DOMContentLoaded",
    "No browser": "不用浏览器",
    "contexts": "上下文数",
    "pages/s": "页/秒",
    "CPU-s/page": "CPU 秒/页",
    "peak MiB": "内存峰值 MiB",
    "pages (runs)": "页数（轮数）",
    "failed, wrong": "失败，错值",
}


def english(runs: Runs, found: Mapping[str, Any], *, brief: bool = False) -> str:
    """The whole report; `brief` is what a README has room for."""
    known = {key: summary(told) for key, told in runs.items()}
    shown = BRIEF if brief else CONTEXTS
    parts = [_where(found), table.table(known, shown), table.notes(known)]
    if not brief:
        parts += [
            table.whole(known),
            "Targets:\n\n" + table.ticked([*verdicts(known), *elsewhere()]),
        ]
    return "\n\n".join(part for part in parts if part)


def chinese(runs: Runs, found: Mapping[str, Any]) -> str:
    """The table alone, in Chinese."""
    known = {key: summary(told) for key, told in runs.items()}
    text = table.table(known, BRIEF)
    for word, own in CHINESE.items():
        text = text.replace(word, own)
    compared = sum(one.compared for one in known.values())
    wrong = sum(one.wrong for one in known.values())
    notes = (
        f"各轮的中位数，括号内为最小与最大；CPU 与内存（PSS）为整棵进程树，不含本地 1688。"
        f"逐字段核对了 {compared} 条已存数据，其中 {wrong} 条不符。† 表示测量时机器上有其他负载；‡ 表示预热尚未完成。"
    )
    return "\n\n".join([f"{found['at']}，{found['machine']}", text, notes])


def _where(found: Mapping[str, Any]) -> str:
    return (
        f"Measured {found['at']} on {found['machine']}; windows of {found['seconds']:g} s and more, "
        f"up to {found['repetitions']} runs each."
    )


def line(run: Run) -> str:
    """One run in a line, for who watches."""
    if (reason := why(run)) is not None:
        return f"failed: {reason}"
    number, seconds = len(good(run)), run.closed - run.opened
    failed = sum(page.error is not None for page in run.within)
    return (
        f"{number / seconds:.1f} pages/s, {run.cpu / number:.3f} CPU-s/page, {run.peak_mib} MiB, "
        f"{failed} failed, {run.wrong} of {run.items} wrong, "
        f"site {run.site / seconds:.2f} and others {run.foreign:.2f} cores"
    )
