"""Excel: texts are texts, numbers are numbers, the picture of each row in its cell."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format as Style
from xlsxwriter.worksheet import Worksheet

from app.export.base import Format, Wanted
from app.export.columns import Column
from app.export.pictures import Pictures
from app.export.texts import cell, clean
from app.export.values import Kind, Line, Record, Sink, Written, lines

MOST_ROWS = 1_048_576
LONGEST = 32_767
"""Characters of a cell; Excel repairs, that is empties, a file with longer ones."""
LARGEST_EXACT = 10**15
"""Excel keeps 15 digits; a longer whole number is written as text."""
WIDTHS = {
    Kind.TEXT: 18,
    Kind.COUNT: 10,
    Kind.MONEY: 11,
    Kind.NUMBER: 11,
    Kind.MOMENT: 17,
    Kind.FLAG: 8,
    Kind.PICTURE: 11.5,
}
WIDE = {"title": 42, "offer_id": 15, "unit": 6, "currency": 9, "status": 10}
"""Columns by name that want another width than others of their kind."""
A3 = 8
STYLES = {Kind.MONEY: "0.00##", Kind.NUMBER: "0.######", Kind.MOMENT: "yyyy-mm-dd hh:mm"}
PICTURE_ROW = 60
"""Points: as high as a small picture."""


class _Xlsx:
    def __init__(self, sink: Sink, wanted: Wanted) -> None:
        told = wanted.columns
        self._columns, self._per = told.columns, told.per
        self._most = MOST_ROWS
        self._book = xlsxwriter.Workbook(
            sink.file,
            {
                "constant_memory": True,
                "tmpdir": str(sink.scratch),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._head = self._book.add_format(
            {"bold": True, "bg_color": "#F2F2F2", "bottom": 1, "valign": "vcenter"}
        )
        self._styles = {kind: self._style(kind) for kind in Kind}
        self._has_pictures = any(each.kind is Kind.PICTURE for each in self._columns)
        self._pictures = Pictures(sink.scratch)
        self._sheets: list[Worksheet] = []
        self._row = 0
        self._begin_sheet()

    def _style(self, kind: Kind) -> Style:
        told: dict[str, Any] = {"valign": "vcenter"}
        return self._book.add_format(
            told | ({"num_format": STYLES[kind]} if kind in STYLES else {})
        )

    def _begin_sheet(self) -> None:
        self._finish_sheet()
        number = len(self._sheets) + 1
        sheet = self._book.add_worksheet("offers" if number == 1 else f"offers {number}")
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(A3)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for place, column in enumerate(self._columns):
            head = min(len(column.name) + 3, 24)
            width = WIDE.get(column.name, max(WIDTHS[column.kind], head))
            sheet.set_column(place, place, width, self._styles[column.kind])
            sheet.write_string(0, place, clean(column.name)[:LONGEST], self._head)
        self._sheets.append(sheet)
        self._row = 1

    def _finish_sheet(self) -> None:
        if self._sheets and self._row > 1:
            self._sheets[-1].autofilter(0, 0, self._row - 1, len(self._columns) - 1)

    def write(self, records: Sequence[Record]) -> Written:
        found = lines(records, self._per)
        for line in found:
            if self._row >= self._most:
                self._begin_sheet()
            self._write_row(line)
        return Written(rows=len(found))

    def _write_row(self, line: Line) -> None:
        sheet, row = self._sheets[-1], self._row
        if self._has_pictures:
            sheet.set_row(row, PICTURE_ROW)
        for place, column in enumerate(self._columns):
            value = column.read(line)
            if value is not None:
                self._write_cell(sheet, row, place, column, value)
        self._row += 1

    def _write_cell(
        self, sheet: Worksheet, row: int, place: int, column: Column, value: Any
    ) -> None:
        style = self._styles[column.kind]
        match value:
            case Path():
                self._pictures.insert(sheet, row, place, value)
            case bool():
                sheet.write_boolean(row, place, value, style)
            case int() | Decimal() if -LARGEST_EXACT < value < LARGEST_EXACT:
                sheet.write_number(row, place, float(value), style)
            case datetime():
                sheet.write_datetime(row, place, value.astimezone().replace(tzinfo=None), style)
            case str():
                sheet.write_string(row, place, clean(value)[:LONGEST], style)
            case _:
                sheet.write_string(row, place, cell(value), style)

    def close(self) -> None:
        self._finish_sheet()
        self._book.close()


FORMAT = Format(
    name="xlsx",
    suffix=".xlsx",
    help="Excel, with pictures",
    is_text=False,
    open=_Xlsx,
    needs_file=True,
    shows_pictures=True,
)
