"""Rows of cells as CSV: what the formats that are CSV share."""

import csv
import io
from collections.abc import Iterable, Sequence

from app.export.values import Sink

BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the code of its own country."""


class CsvFile:
    """A CSV file that is being written; the cells are safe already (`app.export.texts`)."""

    def __init__(self, sink: Sink, heads: Sequence[str], *, marked: bool) -> None:
        """`marked`: begin with the mark without which Excel takes UTF-8 for something else."""
        self._file = io.TextIOWrapper(sink.file, "utf-8", newline="")
        if marked and sink.is_file:
            self._file.write(BOM)
        self._csv = csv.writer(self._file, lineterminator="\r\n")  # RFC 4180
        self._csv.writerow(heads)

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        self._csv.writerows(rows)

    def close(self) -> None:
        """Everything is written; the file below stays open."""
        self._file.flush()
        self._file.detach()
