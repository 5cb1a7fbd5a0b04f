"""Numbers over all that is stored."""

from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.deps import DeskOf
from app.services import stats

routes = APIRouter(tags=["stats"])


class StatsOut(BaseModel):
    """Counts of one moment."""

    counted_at: datetime = Field(description="Half a minute ago at most.")
    offers: int = Field(examples=[12_000])
    by_status: dict[str, int] = Field(
        description="Offers by what their pages say, or why they are gone.",
        examples=[{"on_sale": 11_800, "sold_out": 120, "deleted": 80}],
    )
    suppliers: int = Field(examples=[940])
    history_rows: int = Field(description="Typed differences that are kept.", examples=[48_210])
    runs: int = Field(examples=[17])
    by_state: dict[str, int] = Field(examples=[{"done": 16, "running": 1}])
    quarantined: int = Field(description="Refused pages that wait for a person.", examples=[2])
    database: str = Field(description="sqlite or mysql.", examples=["mysql"])
    database_bytes: int = Field(
        description="With its indexes; MySQL tells from its statistics.", examples=[73_400_320]
    )


@routes.get("/stats", summary="How much there is")
def get_stats(desk: DeskOf) -> StatsOut:
    """Count offers, suppliers, changes, runs and refused pages, and tell the database's size."""
    return StatsOut(**asdict(stats.stats(desk)))
