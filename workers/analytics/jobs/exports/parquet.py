"""Writes rows into Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from workers.analytics.store.exported_views import Column

GROUP_ROWS = 100_000
GROUP_BYTES = 64 * 1024 * 1024
DECIMALS = 18  # of a number without fixed decimals; more are rounded
SMALLEST = Decimal(1).scaleb(-DECIMALS)
ENOUGH_DIGITS = Context(prec=200)  # of any number that is checked
TYPES = {
    "bool": pa.bool_(),
    "bytea": pa.binary(),
    "date": pa.date32(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "numeric": pa.decimal128(38, DECIMALS),
    "timestamp": pa.timestamp("us"),
}


class ParquetFile:
    """A Parquet file that is open for writing. Times have the zone of the export."""

    def __init__(self, path: Path, columns: Sequence[Column], *, zone: ZoneInfo) -> None:
        self._schema = pa.schema([(one.name, _type(one, zone)) for one in columns])
        self._columns = columns
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._batches: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows. Raises ``ValueError`` with the column whose value does not fit its type."""
        arrays = [
            self._array(column, values)
            for column, values in zip(self._columns, zip(*rows, strict=True), strict=True)
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._write()

    def close(self) -> None:
        """Write what is left, and the end of the file."""
        try:
            self._write()
        finally:
            self._writer.close()

    def _array(self, column: Column, values: Sequence[Any]) -> pa.Array:
        if column.type == "numeric" and not column.is_list:
            values = [None if one is None else _rounded(one) for one in values]
        try:
            return pa.array(values, type=self._schema.field(column.name).type)
        except (pa.ArrowInvalid, OverflowError) as error:
            raise ValueError(
                f"Column {column.name} has a value that Parquet cannot hold: {error}"
            ) from None

    def _write(self) -> None:
        """Write a row group of what has been added since the last one."""
        if self._batches:
            self._writer.write_table(
                pa.Table.from_batches(self._batches), row_group_size=GROUP_ROWS
            )
        self._batches, self._rows, self._bytes = [], 0, 0


def _type(column: Column, zone: ZoneInfo) -> pa.DataType:
    if column.type == "timestamptz":
        item = pa.timestamp("us", tz=zone.key)
    else:
        item = TYPES.get(column.type, pa.string())
    return pa.list_(item) if column.is_list else item


def _rounded(value: Any) -> Any:
    return value.quantize(SMALLEST, context=ENOUGH_DIGITS) if value.is_finite() else value
