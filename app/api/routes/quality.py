"""Quality: how often pages tell their fields, what drifted, and how many values are read right."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.deps import DeskOf
from app.quality.books import Filled
from app.quality.golden import Score
from app.quality.rates import Finding, Rates
from app.services import quality
from app.services.quality import Accuracy

routes = APIRouter(prefix="/quality", tags=["quality"])


class FieldRate(BaseModel):
    """How often the pages of a layout tell a field."""

    field: str = Field(
        description="A field of an offer; `field:kind` is a kind of value it has.",
        examples=["price_min:cents"],
    )
    told: int = Field(description="Pages that told it lately.")
    rate: float = Field(description="Their share.", examples=[0.985])
    before: float | None = Field(description="The share before; null if nothing is known.")
    suspect: bool = Field(description="Whether a run was alarmed by it and nobody accepted it.")


class LayoutRates(BaseModel):
    """The fields of a layout, over its latest pages."""

    layout: str = Field(examples=["context"])
    pages: int = Field(description="The latest pages that were counted.")
    since_run: int = Field(description="The first run that they are of.")
    fields: list[FieldRate]


class Drift(BaseModel):
    """A field that was told no more, or a refusal that became frequent."""

    layout: str | None = Field(description="null: pages of whatever layout.")
    field: str = Field(description="The field, or the refusal.", examples=["images"])
    since: datetime = Field(description="When the first of the runs in a row was opened.")
    first_run: int
    last_run: int
    pages: int = Field(description="Pages of the last run counted while it was suspect.")
    told: int = Field(description="Of these, the ones that were as ever.")
    accepted: bool = Field(description="Whether a person took it for normal.")
    alarm: str | None = Field(description="What the run was paused with, while it is.")
    rows: str = Field(description="Where the offers concerned are.")


class FieldAccuracy(BaseModel):
    """How many values of a field were read right."""

    field: str
    right: int
    number: int
    percent: float
    low: float = Field(description="Lower end of Wilson's interval, 95 %.")
    high: float


class AccuracyOut(BaseModel):
    """What `pwsync accuracy` tells, over pages that a person checked."""

    pages: int
    unchecked: int
    percent: float
    low: float
    high: float
    fields: list[FieldAccuracy]


class QualityReport(BaseModel):
    """How well pages are read."""

    pages: int = Field(description="The latest pages, read or not.")
    refused: dict[str, int] = Field(description="Of these, the refused ones by reason.")
    layouts: list[LayoutRates]
    drift: list[Drift] = Field(description="Open findings first, the newest first.")
    accuracy: AccuracyOut | None = Field(description="null where no page was checked.")


@routes.get("", summary="How well pages are read")
def report(desk: DeskOf) -> QualityReport:
    """Fill rates by layout and field, drift with since when, and accuracy where it was measured."""
    found = quality.trust(desk)
    picture = found.picture
    return QualityReport(
        pages=picture.pages,
        refused=dict(picture.refused),
        layouts=[_layout(one) for one in picture.layouts],
        drift=[_drift(one) for one in picture.findings],
        accuracy=_accuracy(found.accuracy) if found.accuracy else None,
    )


def _layout(one: Rates) -> LayoutRates:
    fields = [_field(each) for each in one.fields]
    return LayoutRates(layout=one.layout, pages=one.pages, since_run=one.since_run, fields=fields)


def _field(one: Filled) -> FieldRate:
    return FieldRate(
        field=one.mark,
        told=one.told,
        rate=round(one.told / one.pages, 4) if one.pages else 0.0,
        before=None if one.before is None else round(one.before, 4),
        suspect=one.suspect,
    )


def _drift(one: Finding) -> Drift:
    return Drift(
        layout=one.layout or None,
        field=one.mark,
        since=one.since,
        first_run=one.first_run,
        last_run=one.last_run,
        pages=one.pages,
        told=one.told,
        accepted=one.accepted,
        alarm=one.sentence,
        rows=f"/api/v1{quality.offers_path(one)}",
    )


def _accuracy(one: Accuracy) -> AccuracyOut:
    fields = [
        FieldAccuracy(field=name, right=score.right, number=score.number, **_percents(score))
        for name, score in sorted(one.fields.items(), key=lambda each: (each[1].share, each[0]))
    ]
    told = _percents(one.whole)
    return AccuracyOut(pages=one.pages, unchecked=one.unchecked, fields=fields, **told)


def _percents(score: Score) -> dict[str, float]:
    low, high = score.interval
    told = {"percent": score.share, "low": low, "high": high}
    return {name: round(100 * share, 2) for name, share in told.items()}
