"""CSV: a row an offer or SKU, in UTF-8 as Excel opens it, no cell a formula."""

from collections.abc import Sequence

from app.export.base import Format, Wanted
from app.export.tabular import CsvFile
from app.export.texts import cell, guarded
from app.export.values import Kind, Record, Sink, Written, lines


class _Csv:
    def __init__(self, sink: Sink, wanted: Wanted) -> None:
        told = wanted.columns
        self._per = told.per
        self._columns = [each for each in told.columns if each.kind is not Kind.PICTURE]
        heads = [guarded(column.name) for column in self._columns]
        self._file = CsvFile(sink, heads, marked=True)

    def write(self, records: Sequence[Record]) -> Written:
        found = lines(records, self._per)
        self._file.write(
            [cell(each.read(line), is_money=each.kind is Kind.MONEY) for each in self._columns]
            for line in found
        )
        return Written(rows=len(found))

    def close(self) -> None:
        self._file.close()


FORMAT = Format(
    name="csv", suffix=".csv", help="for spreadsheets and scripts", is_text=True, open=_Csv
)
