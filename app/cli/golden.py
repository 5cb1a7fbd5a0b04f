"""`scripts/golden`: a saved page becomes a golden one, its values to be checked by a person."""

import gzip
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from typing import Any

    from app.extract.base import Snapshot


def golden(
    file: Annotated[
        Path | None, typer.Argument(help="A saved page, gzipped or not: evidence, for instance.")
    ] = None,
    offer: Annotated[
        str | None, typer.Option(metavar="OFFER", help="The newest archived page of this offer.")
    ] = None,
    record: Annotated[
        str | None, typer.Option(metavar="FILE:OFFSET", help="The archived page at this place.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="Folder; golden/ in the data folder without it.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the page; the offer's id without it.")
    ] = None,
) -> None:
    """Write NAME.html, NAME.json with what is read today, and NAME.note.json: checked false.

    A person compares the values with the page, corrects them, and sets `checked` to true.
    """
    from app.extract.base import ExtractError
    from app.extract.registry import read
    from app.quality import golden as pages
    from app.settings import load

    if sum(one is not None for one in (file, offer, record)) != 1:
        raise UsageError("give a FILE, or --offer, or --record")
    snapshot, source = _of_file(file) if file else _archived(offer, record)
    folder = into or load().data_dir / "golden"
    try:
        chosen = name or read(snapshot).offer_id
        path = pages.write(folder, chosen, snapshot, source=source)
    except FileExistsError as error:
        raise UsageError(f"{error.filename} is there already; choose another --name") from error
    except ExtractError as error:
        raise UsageError(f"no layout reads it: {error.type}: {error}") from error
    typer.echo(f"{path}: check it, then set checked in {path.with_suffix(pages.NOTE).name}")


def _of_file(file: Path) -> "tuple[Snapshot, str]":
    from app.extract.base import Snapshot

    try:
        content = file.read_bytes()
        document = gzip.decompress(content) if file.suffix == ".gz" else content
    except (OSError, EOFError) as error:
        raise UsageError(f"cannot read {file}: {error}") from error
    return Snapshot(document=document), file.name


def _archived(offer: str | None, place: str | None) -> "tuple[Snapshot, str]":
    from app.archive import reading, rows
    from app.archive.values import Kind, RecordLost
    from app.extract.base import Snapshot
    from app.places import archive_folder, open_database
    from app.refs import OfferRef
    from app.settings import load
    from app.store import engine as databases

    settings = load()
    wanted: list[Any] = [rows.PAGE.c.kind == str(Kind.OFFER)]
    if offer is not None:
        wanted.append(rows.PAGE.c.offer_id == OfferRef.parse(offer).offer_id)
    else:
        file, _, offset = (place or "").rpartition(":")
        if not file or not offset.isdigit():
            raise UsageError(f"--record {place}: write FILE:OFFSET, as `pwsync why` tells it")
        wanted += [rows.PAGE.c.file == file, rows.PAGE.c.offset == int(offset)]
    query = rows.records(*wanted).order_by(rows.PAGE.c.observed_at.desc()).limit(1)
    with databases.reading(open_database(settings)) as conn:
        row = conn.execute(query).first()
    if row is None:
        raise UsageError(f"the archive has no page of {offer or place}")
    record = rows.record_of(row)
    try:
        document = reading.read(archive_folder(settings), record)
    except RecordLost as error:
        raise UsageError(str(error)) from error
    source = f"{record.place.file}:{record.place.offset}"
    return Snapshot(document=document, final_url=record.url, status=record.status), source


def main() -> None:
    """Run it; what has an explanation is one line and its exit code."""
    from app.cli.errors import explain

    try:
        typer.run(golden)
    except Exception as error:  # noqa: BLE001 - the table in errors.py sorts them
        sentence, code = explain(error)
        typer.echo(f"golden: {sentence}", err=True)
        sys.exit(code)


if __name__ == "__main__":
    main()
