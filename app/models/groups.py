"""Tables of products at several suppliers: `group_trait`, `group_mark`, `group_pair`,
`offer_group`.

`app.groups` writes them. Traits and marks follow from offers and pictures, pairs from traits,
groups from pairs; what a person said of a pair (`verdict`) is what cannot be made again.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from app.models.base import MYSQL, BigNumber, Instant, OfferKey, Parts, Row, Share, ShortText

OWN_KEY = {"autoincrement": False}


def _of_offer(column: str = "offer_id") -> ForeignKeyConstraint:
    name = None if column == "offer_id" else f"fk_group_pair_{column}"
    return ForeignKeyConstraint([column], ["offer.offer_id"], name=name, ondelete="CASCADE")


class GroupTrait(Row, table=True):
    """What an offer is compared by, as it was when it was last looked at."""

    __tablename__ = "group_trait"
    __table_args__ = (_of_offer(), Index(None, "state"), MYSQL)

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    supplier_key: str | None = Field(sa_type=ShortText)
    traits: Any = Field(sa_type=Parts, nullable=True)
    """`Features.as_json`."""
    state: str = Field(sa_type=ShortText)
    """What is to be done with it: `compare`, `regroup` or nothing (`done`)."""


class GroupMark(Row, table=True):
    """That an offer has a mark, by which it finds others to be compared with.

    No foreign key: it would need an index as large as the table. Marks that an offer left behind
    lead to offers without traits, which are passed over.
    """

    __tablename__ = "group_mark"
    __table_args__ = ({**MYSQL, "sqlite_with_rowid": False},)

    mark: int = Field(sa_type=BigNumber, primary_key=True, sa_column_kwargs=OWN_KEY)
    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)


class GroupPair(Row, table=True):
    """Two offers that may be one product: sure, doubtful, or what a person says."""

    __tablename__ = "group_pair"
    __table_args__ = (
        _of_offer(),
        _of_offer("other_id"),
        Index(None, "other_id"),
        Index(None, "verdict", "confidence"),
        MYSQL,
    )

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    """The smaller of the two."""
    other_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    confidence: Decimal = Field(sa_type=Share)
    evidence: Any = Field(sa_type=Parts, nullable=True)
    verdict: str | None = Field(sa_type=ShortText)
    """`accepted` or `rejected` by a person; grouping obeys it."""
    decided_at: datetime | None = Field(sa_type=Instant)


class OfferGroup(Row, table=True):
    """That an offer is of a product that several suppliers sell."""

    __tablename__ = "offer_group"
    __table_args__ = (_of_offer(), Index(None, "group_id"), MYSQL)

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    group_id: str = Field(sa_type=OfferKey)
    """The smallest id in the group."""
    confidence: Decimal = Field(sa_type=Share)
