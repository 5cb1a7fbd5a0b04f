"""Parquet: typed columns for analysis; money is exact, times are UTC, the unknown is null."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from app.export.base import Format, Wanted
from app.export.columns import Column
from app.export.texts import cell
from app.export.values import Kind, Record, Sink, Written, lines

TYPES = {
    Kind.TEXT: pa.string(),
    Kind.PICTURE: pa.string(),
    Kind.COUNT: pa.int64(),
    Kind.MONEY: pa.decimal128(18, 4),
    Kind.NUMBER: pa.decimal128(24, 6),
    Kind.MOMENT: pa.timestamp("us", "UTC"),
    Kind.FLAG: pa.bool_(),
}
GROUP_ROWS = 20_000
"""Rows of a row group: what is held before it is written."""


class _Parquet:
    def __init__(self, sink: Sink, wanted: Wanted) -> None:
        told = wanted.columns
        self._columns, self._per = told.columns, told.per
        self._schema = pa.schema([(each.name, TYPES[each.kind]) for each in told.columns])
        self._file = parquet.ParquetWriter(sink.file, self._schema, compression="zstd")
        self._held: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, records: Sequence[Record]) -> Written:
        found = lines(records, self._per)
        arrays = [
            pa.array([_typed(each, each.read(line)) for line in found], TYPES[each.kind])
            for each in self._columns
        ]
        self._held.append(pa.record_batch(arrays, schema=self._schema))
        self._rows += len(found)
        if self._rows >= GROUP_ROWS:
            self._flush()
        return Written(rows=len(found))

    def _flush(self) -> None:
        if self._held:
            self._file.write_table(pa.Table.from_batches(self._held), row_group_size=GROUP_ROWS)
        self._held, self._rows = [], 0

    def close(self) -> None:
        self._flush()
        self._file.close()


def _typed(column: Column, value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Path):
        return value.name
    return CASTS.get(column.kind, lambda same: same)(value)


def _exact(step: Decimal) -> Callable[[Any], Decimal]:
    return lambda value: Decimal(value).quantize(step, ROUND_HALF_UP)


CASTS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: cell,
    Kind.MONEY: _exact(Decimal("0.0001")),
    Kind.NUMBER: _exact(Decimal("0.000001")),
    Kind.COUNT: int,
}
"""What else a value may be, as the column's type wants it."""


FORMAT = Format(
    name="parquet",
    suffix=".parquet",
    help="for analysis: typed columns",
    is_text=False,
    open=_Parquet,
)
