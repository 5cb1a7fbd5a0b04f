"""Pages of the local 1688 read without a browser, and a run's tests over them."""

from dataclasses import dataclass, field

from app.extract.base import ExtractError, Gone, Snapshot
from app.extract.registry import read
from app.quality.drift import Alarm, Count, Page, Watch, rates
from app.quality.marks import compare, marks_of, refusal_of, seller_of
from app.replica.cases import Era, Standing
from app.replica.drifts import applied
from app.replica.offers import offer
from app.replica.pages import document
from tests.cli.conftest import pwsync, surroundings

__all__ = ["pwsync", "surroundings"]


def shown(seed, index, *, epoch=1, eras=tuple(Era), large_shop=0):
    return offer(seed, index, epoch=epoch, eras=eras, large_shop=large_shop)


def page_of(made, drifts=()):
    """The item of a generated offer's page, or the error that it was refused with."""
    if made.standing not in (Standing.LIVE, Standing.SOLD_OUT):
        return None
    text = applied(drifts, document(made, padded=False), made.era)
    try:
        return read(Snapshot(document=text, url=made.url, final_url=made.url))
    except Gone:
        return None
    except ExtractError as error:
        return error


@dataclass(kw_only=True)
class Rehearsal:
    """One run in memory: what `app.quality.books` does row by row, without a database."""

    stored: dict = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    alarms: list[tuple[int, str, Alarm]] = field(default_factory=list)
    """(pages of its layout since the run began, layout, alarm)"""

    def see(self, found) -> None:
        if found is None:
            return
        if isinstance(found, ExtractError):
            page = Page(refusal=refusal_of(found))
            layouts = {"", found.layout or ""}
        else:
            page, layouts = self._read(found), {found.layout}
            self._see("", Page(seller=page.seller))
        for layout in layouts:
            self._see(layout, page)

    def _read(self, item) -> Page:
        before = self.stored.get(item.offer_id)
        self.stored[item.offer_id] = item
        known = (
            compare(before, item, marks_of(item))
            if before and before.layout == item.layout
            else None
        )
        return Page(
            told=marks_of(item),
            kept=known and known.kept,
            lost=known.lost if known else frozenset(),
            seller=seller_of(item),
        )

    def _see(self, layout, page) -> None:
        count = self.counts.setdefault(layout, Count())
        count.add(page)
        watch = self.watches.setdefault(layout, Watch())
        watch.learn(count)
        if alarm := watch.see(page):
            self.alarms.append((count.pages, layout, alarm))
            self.watches[layout].put_aside()

    def again(self) -> "Rehearsal":
        """The next run: what this one counted is what it is held to."""
        watches = {
            layout: Watch(
                baseline=rates(
                    {mark: (count.pages, told) for mark, told in count.told.items()},
                    len(count.sellers),
                )
            )
            for layout, count in self.counts.items()
        }
        return Rehearsal(stored=dict(self.stored), watches=watches)
