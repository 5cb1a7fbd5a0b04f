"""Reads what was exported back, with nothing of what wrote it."""

import csv
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


class Book:
    """The cells of the sheets of a workbook, as (type, text) by their place."""

    def __init__(self, path: Path) -> None:
        self.names: list[str] = []
        self.sheets: list[dict[tuple[int, int], tuple[str, str]]] = []
        with zipfile.ZipFile(path) as packed:
            assert packed.testzip() is None
            self.files = packed.namelist()
            shared = self._shared(packed)
            for name in sorted(self.files):
                if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
                    self.sheets.append(self._cells(packed.read(name), shared))
            self.formulas = sum(b"<f>" in packed.read(name) for name in self.files)
            self.links = sum(b"<hyperlink" in packed.read(name) for name in self.files)

    def _shared(self, packed: zipfile.ZipFile) -> list[str]:
        if "xl/sharedStrings.xml" not in self.files:
            return []
        root = ET.fromstring(packed.read("xl/sharedStrings.xml"))
        return ["".join(part.itertext()) for part in root]

    def _cells(self, xml: bytes, shared: list[str]) -> dict[tuple[int, int], tuple[str, str]]:
        found = {}
        for cell in ET.fromstring(xml).iter(f"{SHEET}c"):
            if len(cell):
                kind = cell.get("t", "n")
                text = "".join(cell.itertext())
                text = shared[int(text)] if kind == "s" else text
                found[_place(cell.get("r"))] = (kind, _ESCAPED.sub(_char, text))
        return found

    def rows(self, sheet: int = 0) -> list[dict[str, str]]:
        """Rows by the headings of the first one."""
        cells = self.sheets[sheet]
        heads = {column: text for (row, column), (_, text) in cells.items() if row == 0}
        last = max(row for row, _ in cells)
        return [
            {
                head: cells[row, column][1]
                for column, head in heads.items()
                if (row, column) in cells
            }
            for row in range(1, last + 1)
        ]


def _char(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


def _place(reference: str) -> tuple[int, int]:
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", reference).groups()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(digits) - 1, column - 1
