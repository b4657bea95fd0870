"""Opening hours and holidays of a workspace."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from psycopg.rows import class_row

from schemas.opening_hours import Calendar
from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOpening:
    """Opening hours that begin on one day of each week."""

    position: int
    area_id: int | None  # None for all areas without hours of their own
    area_name: str | None
    weekday: int  # 1 is Monday
    from_minute: int
    to_minute: int  # above 1,440: of the day after


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHoliday:
    """A day on which no opening hours begin."""

    area_id: int | None  # None for all areas
    area_name: str | None
    date: date
    name: str


def areas(conn: Connection, workspace: str) -> Mapping[str, Sequence[int]]:
    """Return the ids of the areas with each name."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for area_id, name in conn.execute(SQL["areas"], {"workspace": workspace}):
        found[name].append(area_id)
    return found


def openings(conn: Connection, workspace: str) -> list[StoredOpening]:
    """Return the opening hours in the order of their file."""
    with conn.cursor(row_factory=class_row(StoredOpening)) as cursor:
        return cursor.execute(SQL["openings"], {"workspace": workspace}).fetchall()


def holidays(conn: Connection, workspace: str) -> list[StoredHoliday]:
    """Return the holidays by date."""
    with conn.cursor(row_factory=class_row(StoredHoliday)) as cursor:
        return cursor.execute(SQL["holidays"], {"workspace": workspace}).fetchall()


def replace(conn: Connection, workspace: str, calendar: Calendar) -> None:
    """Store a calendar instead of the one before, in one transaction."""
    parameters: dict[str, Any] = {
        "workspace": workspace,
        "openings": _json(calendar.openings),
        "holidays": _json(calendar.holidays),
    }
    with conn.transaction():
        conn.execute(SQL["lock"], parameters)
        conn.execute(SQL["delete_openings"], parameters)
        conn.execute(SQL["delete_holidays"], parameters)
        conn.execute(SQL["insert_openings"], parameters)
        conn.execute(SQL["insert_holidays"], parameters)


def _json(records: Sequence[Any]) -> str:
    return json.dumps([asdict(one) for one in records], default=str)
