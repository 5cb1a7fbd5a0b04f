"""Keeping what was loaded for a claim, whichever flow loaded it: offers and lists alike."""

from collections.abc import Mapping
from datetime import datetime

from app.archive.values import Document, Kept, Kind
from app.runs.claims import Claim
from app.runtime import Runtime


def archive(
    runtime: Runtime,
    claim: Claim,
    document: bytes,
    *,
    url: str,
    status: int,
    at: datetime,
    headers: Mapping[str, str] | None = None,
) -> tuple[Kept, ...]:
    """Keep a scrubbed document that was loaded for a claim; nothing if there is no archive.

    Raises ArchiveUnwritable, DatabaseUnavailable.
    """
    if runtime.archive is None:
        return ()
    loaded = Document(
        kind=Kind(claim.kind),
        key=claim.offer_id,
        run_id=claim.run_id,
        token=claim.token,
        url=url,
        status=status,
        headers=headers or {},
        payload=document,
        observed_at=at,
    )
    return (runtime.archive.keep(loaded),)
