"""Writes a table or view into one Parquet file a day, in folders as Hive names them.

DuckDB, Spark and pandas read the folders as one table with a column ``day``.
"""

from __future__ import annotations

import filecmp
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workers.analytics.jobs.exports.drafts import draft_of, publish
from workers.analytics.jobs.exports.one_file import Advance
from workers.analytics.jobs.exports.parquet import ParquetFile
from workers.analytics.store import exported_views
from workers.analytics.store.exported_views import Selection
from workers.database import Connection

NO_DAY = "__HIVE_DEFAULT_PARTITION__"
FILE = "part-0.parquet"
MARK = ".cention-export.json"  # hidden from those who read all files of the folder
_FOLDER = re.compile(r"day=(\d{4}-\d{2}-\d{2})")


@dataclass(slots=True, kw_only=True)
class ExportedDays:
    """What became of the days."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0  # days that have no row any more


def export_days(
    conn: Connection, selection: Selection, folder: Path, *, zone: ZoneInfo, advance: Advance
) -> ExportedDays:
    """Write the rows of each day into ``folder/day=YYYY-MM-DD/part-0.parquet``.

    A file whose rows have not changed is left as it is; that of a day of the selection that has no
    row any more is deleted. Raises as ``one_file.export`` does, and ``ValueError`` if the folder
    has days of another export: they would be replaced or deleted.
    """
    _mark_folder(folder, selection, zone)
    done = ExportedDays()
    present = set()
    # The column that the folders have already is left out.
    places = [i for i, column in enumerate(selection.view.columns) if column.name != "day"]
    columns = [selection.view.columns[place] for place in places]
    with exported_views.snapshot(conn, zone):
        for day, parts in groupby(_parts(conn, selection), key=lambda part: part[0]):
            path = folder / f"day={day or NO_DAY}" / FILE
            present.add(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft_of(path) as draft:
                with closing(ParquetFile(draft, columns, zone=zone)) as file:
                    for _, rows in parts:
                        file.write([[row[place] for place in places] for row in rows])
                        advance(len(rows))
                if path.exists() and filecmp.cmp(draft, path, shallow=False):
                    done.unchanged += 1
                else:
                    publish(draft, path)
                    done.written += 1
    for path in _files(folder, selection):
        if path not in present:
            path.unlink()
            with suppress(OSError):  # somebody has put another file there
                path.parent.rmdir()
            done.removed += 1
    return done


def _mark_folder(folder: Path, selection: Selection, zone: ZoneInfo) -> None:
    """Note in the folder which export it is of. Raises ``ValueError`` if it is of another."""
    view = selection.view
    what = {
        "view": f"{view.schema}.{view.name}",
        "where": [f"{column.name}={value}" for column, value in selection.values],
        "timezone": zone.key,
    }
    mark = folder / MARK
    if mark.exists():
        found = json.loads(mark.read_text("utf-8"))
        if found != what:
            raise ValueError(f"it has an export of {found}, this one is of {what}")
    elif any(folder.glob("day=*")):
        raise ValueError("it has days of which nothing says what they are")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(json.dumps(what), "utf-8")


def _parts(
    conn: Connection, selection: Selection
) -> Iterator[tuple[date | None, list[Sequence[Any]]]]:
    """Yield the rows by day, in parts of days that are not too large for the memory."""
    for rows in exported_views.rows_by_day(conn, selection):
        for day, same_day in groupby(rows, key=lambda row: row[0]):
            yield day, [row[1:] for row in same_day]


def _files(folder: Path, selection: Selection) -> Iterator[Path]:
    """Yield the files of earlier exports whose days are selected."""
    for path in folder.glob(f"day=*/{FILE}"):
        found = _FOLDER.fullmatch(path.parent.name)
        if found is None:
            if path.parent.name == f"day={NO_DAY}" and not (selection.first or selection.last):
                yield path
            continue
        try:
            day = date.fromisoformat(found[1])
        except ValueError:  # not ours
            continue
        if (selection.first or day) <= day <= (selection.last or day):
            yield path
