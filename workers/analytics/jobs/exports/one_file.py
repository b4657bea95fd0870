"""Writes a table or view into one file; its suffix says in which format."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from workers.analytics.jobs.exports.drafts import draft_of, publish
from workers.analytics.jobs.exports.parquet import ParquetFile
from workers.analytics.jobs.exports.workbook import Workbook
from workers.analytics.store import exported_views
from workers.analytics.store.exported_views import Selection
from workers.database import Connection

Advance = Callable[[int], None]
"""Is told how many rows have been written since the last call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    rows: int
    shortened: int = 0  # texts that are longer than a cell of Excel


def export(
    conn: Connection, selection: Selection, path: Path, *, zone: ZoneInfo, advance: Advance
) -> Exported:
    """Write the rows of a view into ``path``, whose suffix is one of ``exports.SUFFIXES``.

    What was there is replaced once everything is written. Raises ``OSError``, ``psycopg.Error``,
    and ``ValueError`` if a value does not fit into the format.
    """
    with draft_of(path) as draft:
        with exported_views.snapshot(conn, zone):
            exported = _write(conn, selection, draft, zone, advance, suffix=path.suffix)
        publish(draft, path)
    return exported


def _write(
    conn: Connection,
    selection: Selection,
    path: Path,
    zone: ZoneInfo,
    advance: Advance,
    *,
    suffix: str,
) -> Exported:
    match suffix:
        case ".parquet":
            return _parquet(conn, selection, path, zone, advance)
        case ".xlsx":
            return _workbook(conn, selection, path, zone, advance)
        case ".csv":
            pieces = exported_views.csv(conn, selection)
            return Exported(rows=_text(pieces, path, advance) - 1)  # without the header
        case _:
            pieces = exported_views.json_lines(conn, selection)
            return Exported(rows=_text(pieces, path, advance))


def _parquet(
    conn: Connection, selection: Selection, path: Path, zone: ZoneInfo, advance: Advance
) -> Exported:
    count = 0
    with closing(ParquetFile(path, selection.view.columns, zone=zone)) as file:
        for rows in exported_views.rows(conn, selection):
            file.write(rows)
            count += len(rows)
            advance(len(rows))
    return Exported(rows=count)


def _workbook(
    conn: Connection, selection: Selection, path: Path, zone: ZoneInfo, advance: Advance
) -> Exported:
    count = 0
    view = selection.view
    with closing(Workbook(path, view.columns, name=view.name, zone=zone)) as book:
        for rows in exported_views.rows(conn, selection):
            book.write(rows)
            count += len(rows)
            advance(len(rows))
    return Exported(rows=count, shortened=book.shortened)


def _text(pieces: Generator[bytes], path: Path, advance: Advance) -> int:
    """Write pieces, of which Postgres sends one for each line; return how many."""
    count = 0
    # Postgres would wait for ever that somebody takes the rest, so COPY ends here in any case.
    with path.open("xb") as file, closing(pieces):
        for piece in pieces:
            file.write(piece)
            count += 1
            advance(1)
    return count
