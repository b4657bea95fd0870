"""Export runs, and the errands of each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from schemas.cention.exports import Export, ExportedErrand, ExportOrder
from workers.database import Connection, queries

SQL = queries.load(__name__)

Origin = Literal["command", "schedule", "backfill"]

_COLUMNS = tuple(field.name for field in fields(ExportedErrand))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRun:
    """One export run, for lists."""

    workspace: str
    run_id: int
    origin: str
    preset_id: str
    by_closure: bool
    from_day: date | None
    to_day: date | None
    state: str
    started_at: datetime
    ended_at: datetime | None
    export_id: int | None
    errands: int | None
    unreadable: int | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """Progress of the scheduled exports of one preset."""

    covered_to: date | None  # None: none has succeeded
    unknown_for_s: float | None  # since the last was requested; None: its outcome is known


def begin(conn: Connection, workspace: str, order: ExportOrder, *, origin: Origin) -> int:
    """Record an export before it is requested, and return its number; commit it first."""
    parameters = {
        "workspace": workspace,
        "origin": origin,
        "preset_id": order.preset_id,
        "by_closure": order.by_closure,
        "from_day": order.from_day,
        "to_day": order.to_day,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["begin_export"], parameters).fetchall()[0])


def finish(conn: Connection, workspace: str, run_id: int, export: Export) -> None:
    """Store the errands of an export, and mark it as done."""
    with conn.cursor().copy(SQL["copy_exported_errands"]) as copy:
        for position, errand in enumerate(export.errands, start=1):
            copy.write_row((workspace, run_id, position, *_values(errand)))
    parameters = {
        "workspace": workspace,
        "run_id": run_id,
        "export_id": export.export_id,
        "errands": len(export.errands),
        "unreadable": sum(errand.problem is not None for errand in export.errands),
    }
    conn.execute(SQL["finish_export"], parameters)


def fail(conn: Connection, workspace: str, run_id: int, *, unknown: bool, error: str) -> None:
    """Record that Cention refused an export or, if ``unknown``, that it may have made it."""
    parameters = {
        "workspace": workspace,
        "run_id": run_id,
        "state": "unknown" if unknown else "refused",
        "error": error,
    }
    conn.execute(SQL["fail_export"], parameters)


def running(conn: Connection, workspace: str) -> list[int]:
    """Return the numbers of exports that run, or whose process has died."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["exports_running"], {"workspace": workspace}).fetchall()


def newest(conn: Connection, workspace: str | None, *, limit: int) -> list[ExportRun]:
    """Return exports, the newest first, of one workspace or of all."""
    with conn.cursor(row_factory=class_row(ExportRun)) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["exports"], parameters).fetchall()


def scheduled(conn: Connection, workspace: str, preset_id: str) -> Scheduled:
    """Return the progress of the scheduled exports of a preset."""
    with conn.cursor(row_factory=class_row(Scheduled)) as cursor:
        parameters = {"workspace": workspace, "preset_id": preset_id}
        return cursor.execute(SQL["scheduled_exports"], parameters).fetchall()[0]


def _values(errand: ExportedErrand) -> list[Any]:
    values = [getattr(errand, name) for name in _COLUMNS]
    document = _COLUMNS.index("document")
    if values[document] is not None:
        values[document] = Jsonb(values[document])
    return values
