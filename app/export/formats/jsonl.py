"""JSON lines: an offer a line, whole (CONTRACT §1); or the chosen columns by their names."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from app.export.base import Format, Wanted
from app.export.columns import Column
from app.export.values import Kind, Line, Per, Record, Sink, Written, lines
from app.items import as_json, money, plain_number


class _JsonLines:
    def __init__(self, sink: Sink, wanted: Wanted) -> None:
        self._file, self._columns = sink.file, wanted.columns
        self._is_whole = not wanted.columns.is_chosen and wanted.columns.per is Per.OFFER

    def write(self, records: Sequence[Record]) -> Written:
        if self._is_whole:
            told = [_whole(record) for record in records]
        else:
            found = lines(records, self._columns.per)
            told = [_row(line, self._columns.columns) for line in found]
        self._file.writelines(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in told)
        return Written(rows=len(told))

    def close(self) -> None:
        self._file.flush()


def _whole(record: Record) -> dict[str, Any]:
    item = as_json(record.item)
    del item["provenance"]
    stored = record.stored
    province, city = record.region
    return {
        "type": "offer",
        **item,
        "province": province,
        "city": city,
        "tags": record.tags,
        "gone": stored.gone,
        "version": stored.version,
        "first_seen_at": stored.first_seen_at,
        "changed_at": stored.changed_at,
        "observed_at": stored.observed_at,
    }


def _row(line: Line, columns: Sequence[Column]) -> dict[str, Any]:
    told = {each.name: _value(each.read(line), each.kind) for each in columns}
    return {"type": "row"} | told


def _value(value: Any, kind: Kind) -> Any:
    match value:
        case Decimal():
            sign = "-" if value < 0 else ""
            return sign + (money(value) if kind is Kind.MONEY else plain_number(value))
        case Path():
            return value.name
        case datetime() | str() | int() | None:
            return value
    return str(value)


FORMAT = Format(
    name="jsonl", suffix=".jsonl", help="everything, an offer a line", is_text=True, open=_JsonLines
)
