"""Writes rows into Excel workbooks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from workers.analytics.store.exported_views import Column

SHEET_ROWS = 1_048_576  # the most that Excel opens, with the heading
CELL_UNITS = 32_767  # of UTF-16, in which an emoji takes two
SHEET_NAME = 31  # characters
LARGEST = 10**15  # a number has 15 digits; Excel would replace others by zeros
FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was
FORMATS = {
    "date": "yyyy-mm-dd",
    "timestamp": "yyyy-mm-dd hh:mm:ss",
    "timestamptz": "yyyy-mm-dd hh:mm:ss",
}
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")  # characters that Excel does not allow there


class Workbook:
    """A workbook that is open for writing. Excel knows no zones: the headings of times name it."""

    def __init__(self, path: Path, columns: Sequence[Column], *, name: str, zone: ZoneInfo) -> None:
        self.shortened = 0  # texts that are longer than a cell
        self._columns = columns
        self._name = _NO_SHEET_NAME.sub("_", name)
        self._zone = zone
        self._book = xlsxwriter.Workbook(
            path,
            {
                "constant_memory": True,
                "nan_inf_to_errors": False,
                "in_memory": False,
                "tmpdir": path.parent,  # not /tmp, which may be small
                "use_zip64": True,  # a sheet may have more than 4 GB
            },
        )
        self._bold = self._book.add_format({"bold": True})
        self._formats = {
            type_: self._book.add_format({"num_format": text}) for type_, text in FORMATS.items()
        }
        self._sheets = 0
        self._add_sheet()

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows; a sheet that is full is followed by another."""
        for row in rows:
            if self._row == SHEET_ROWS:
                self._add_sheet()
            for place, (column, value) in enumerate(zip(self._columns, row, strict=True)):
                if value is not None:
                    self._write_cell(place, column, value)
            self._row += 1

    def close(self) -> None:
        """Write the file. Raises ``OSError``."""
        try:
            self._book.close()
        except FileCreateError as error:
            raise error.args[0] from None

    def _add_sheet(self) -> None:
        self._sheets += 1
        suffix = f" {self._sheets}" if self._sheets > 1 else ""
        self._sheet = self._book.add_worksheet(self._name[: SHEET_NAME - len(suffix)] + suffix)
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            heading = (
                f"{column.name} ({self._zone.key})" if column.type == "timestamptz" else column.name
            )
            self._sheet.set_column(place, place, max(12, min(40, len(heading) + 2)))
            self._sheet.write_string(0, place, heading, self._bold)
        self._row = 1

    def _write_cell(self, place: int, column: Column, value: Any) -> None:
        match value:
            case bool():
                self._sheet.write_boolean(self._row, place, value)
            case int() | Decimal() | float() if _is_exact(value):
                self._sheet.write_number(self._row, place, value)
            case datetime() if value.date() >= FIRST_DAY:
                local = value.replace(tzinfo=None)  # it is in the zone of the heading
                self._sheet.write_datetime(self._row, place, local, self._formats[column.type])
            case date() if not isinstance(value, datetime) and value >= FIRST_DAY:
                self._sheet.write_datetime(self._row, place, value, self._formats[column.type])
            case _:
                self._write_text(place, _text(value))

    def _write_text(self, place: int, text: str) -> None:
        units = text.encode("utf-16-le")
        if len(units) > 2 * CELL_UNITS:
            self.shortened += 1
            # Half an emoji at the end is left out.
            text = units[: 2 * (CELL_UNITS - 1)].decode("utf-16-le", "ignore") + "…"
        self._sheet.write_string(self._row, place, text)


def _is_exact(value: int | Decimal | float) -> bool:
    """Return whether Excel shows a number as it is; long fractions may be rounded."""
    is_number = value == value  # NaN is not
    return is_number and -LARGEST < value < LARGEST


def _text(value: Any) -> str:
    match value:
        case bytes():
            return value.hex()
        case list():
            return orjson.dumps(value, default=str).decode()
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)
