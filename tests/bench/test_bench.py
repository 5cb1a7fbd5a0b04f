"""The bench itself: what becomes of runs on the way to the table, and one real run of ours."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import page, readme, table
from tests.bench.__main__ import one
from tests.bench.figures import quantile, ratio, summary
from tests.bench.programs import ledger, noted
from tests.bench.site import opened
from tests.bench.targets import verdicts
from tests.bench.values import Page, Run
from tests.bench.variants import VARIANTS, Cell, rounds

FOUND = {"at": "2026-01-01", "machine": "a machine", "seconds": 5.0, "repetitions": 3}


def run(pages: int, *, seconds: float = 10.0, cpu: float = 1.0, **more) -> Run:
    """A run whose window lies between 100 and 110, with pages of one second in it."""
    made = [Page(url="u", began=100 + n / pages, ended=101 + n / pages) for n in range(pages)]
    whole = {"began": 95.0, "opened": 100.0, "closed": 100.0 + seconds, "ended": 115.0}
    return Run(**{"pages": made, "cpu": cpu, "peak_mib": 100, **whole, **more})


def test_figures_are_of_the_good_pages_in_the_window():
    early = Page(url="u", began=98, ended=99.9)
    late = Page(url="u", began=109, ended=110.1)
    bad = Page(url="u", began=101, ended=105, error="TimeoutError")
    told = run(20, cpu=4.0)
    told = replace(told, pages=[*told.pages, early, late, bad])
    found = summary([told])
    assert found.rate.median == 2.0
    assert found.cpu.median == 0.2
    assert (found.pages, found.failed_pages) == (20, 1)
    assert found.whole.median == 22 / 20  # from start to end, whichever window


def test_runs_become_a_median_with_its_range():
    found = summary([run(10), run(40), run(20)])
    assert found.rate.text(1) == "2.0 (1.0–4.0)"
    assert found.runs == 3


def test_a_quantile_is_a_value_that_was_measured():
    assert [quantile([4, 1, 3, 2], share) for share in (0.5, 0.95)] == [2, 4]
    assert quantile([7], 0.95) == 7


def test_a_ratio_tells_the_worst_and_the_best_pairing():
    times = ratio(summary([run(20), run(40), run(30)]), summary([run(10), run(20)]))
    assert times.text(2) == "2.00 (1.00–4.00)"
    assert ratio(summary([run(20)]), None) is None


def test_what_failed_is_a_row_that_says_why():
    found = summary([Run(failed="ended with 1: No module | named x")])
    assert "| failed: ended with 1: No module / named x |" in table.table({"cdp@8": found})
    silent = summary([run(0)])
    assert "failed: no page within 10 s" in table.table({"crawlee@50": silent})


def test_a_disturbed_row_is_marked():
    quiet, noisy = summary([run(20)]), summary([run(20), run(20, foreign=0.7)])
    text = page.english({"cdp@8": [run(20)], "cdp@4": [run(20, foreign=0.7)]}, FOUND)
    assert not quiet.is_noisy
    assert noisy.is_noisy
    assert text.count("raw CDP, as lean does it †") == 1
    assert "more than 0.2 cores meanwhile (the most: 0.7): 1 of 2 rows" in text


def test_a_target_that_disturbed_runs_show_says_so():
    noisy = summary([run(20, foreign=0.7)])
    cold = summary([run(20, warm=False)])
    quiet = summary([run(20)])
    for theirs, doubted in ((noisy, True), (cold, True), (quiet, False)):
        told = verdicts({"sync-lean@8": summary([run(60)]), "adaptive@8": theirs})[1]
        assert told.met
        assert told.figures.endswith("of disturbed runs") is doubted


def test_like_stands_with_like():
    text = table.table({f"{one.name}@8": summary([run(20)]) for one in VARIANTS})
    rendered = text[text.index("Rendered:") : text.index("No browser:")]
    assert "Crawlee PlaywrightCrawler" in rendered
    assert "natural" in rendered
    assert "lean" not in rendered


@pytest.mark.parametrize(("pages", "met"), [(400, True), (399, False)])
def test_a_target_is_met_or_missed_by_its_figures(pages, met):
    found = verdicts({"sync-lean@8": summary([run(pages, cpu=0.045 * pages)])})
    assert found[0].met is met
    assert {one.met for one in found[1:]} == {None}


def test_a_peer_that_never_answered_decides_no_target():
    found = verdicts({"sync-natural@8": summary([run(20)]), "crawlee@8": summary([run(0)])})
    assert {one.met for one in found} == {None}


def test_repetitions_are_interleaved_and_costly_cells_come_once():
    first, second = rounds(2, only=["sync-natural", "crawlee"])
    names = [cell.key for cell in first]
    assert names[:2] == ["sync-natural@1", "crawlee@1"]
    assert "crawlee@50" in names
    assert "crawlee@50" not in [cell.key for cell in second]
    assert [cell.key for cell in rounds(2, [50], ["crawlee"])[1]] == ["crawlee@50"]
    with pytest.raises(ValueError, match="no variant nobody"):
        rounds(1, only=["nobody"])


def test_the_figures_have_a_place_of_their_own():
    text = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n"
    assert readme.placed(text, "new") == f"before\n{readme.BEGIN}\nnew\n{readme.END}\nafter\n"
    with pytest.raises(ValueError, match="no place"):
        readme.placed("nothing", "new")


def test_the_chinese_table_has_the_same_figures():
    runs = {"sync-natural@8": [run(20)]}
    assert "| 8 | 2.0 |" in page.chinese(runs, FOUND)
    assert "上下文数" in page.chinese(runs, FOUND)


def test_every_program_is_there():
    folder = Path(__file__).parent
    for variant in VARIANTS:
        path = folder / f"{variant.program.replace('.', '/')}.py"
        assert variant.is_product or path.exists(), variant.name


def test_half_a_line_and_no_database_are_no_pages(tmp_path):
    line = '{"url": "u", "began": 1, "ended": 2, "error": null}\n'
    (tmp_path / "pages.jsonl").write_text(line + line[:20])
    assert len(noted(tmp_path)) == 1
    (tmp_path / "pwsync.db").touch()
    assert ledger(tmp_path) == []


@pytest.fixture(scope="module")
def setting():
    with opened(offers=12, seconds=0.5, peers=Path("/nowhere/python")) as setting:
        yield setting


def cell(name: str) -> Cell:
    found = next(one for one in VARIANTS if one.name == name)
    return Cell(variant=replace(found, warm_seconds=200), contexts=1)


def test_our_pool_is_measured_and_its_items_compared(setting):
    first = setting.urls[0].rpartition("/")[2].removesuffix(".html")
    altered = {**setting.expected, first: setting.expected[first] | {"price_min": "0.01"}}
    told = one(replace(setting, expected=altered), cell("pool-lean"))
    assert told.failed is None
    assert len(told.pages) > 1
    assert 0 < told.wrong < told.items  # the one that was altered
    assert told.cpu > 0
    assert told.peak_mib > 100


def test_the_whole_product_is_measured_by_its_ledger(setting):
    told = one(setting, cell("sync-lean"))
    assert told.failed is None
    assert (len(told.pages), told.wrong) == (told.items, 0)
    assert told.began < told.pages[0].began < told.pages[0].ended < told.ended


def test_a_program_that_does_not_start_ends_nothing(setting):
    assert "FileNotFoundError" in one(setting, cell("cdp")).failed
