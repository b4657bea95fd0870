"""Finds errands: by number, address or words of the subject, and by filters; a page at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)
MAX_CHOICES = 500


class SearchTooSlow(Exception):
    """The search did not end in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched for; ``None`` filters nothing."""

    workspace: str
    display_id: str | None = None  # the number that people see, or
    errand_id: int | None = None  # Cention's id
    address: str | None = field(default=None, repr=False)
    words: str | None = field(default=None, repr=False)
    area_id: int | None = None
    agent_id: int | None = None
    tag_id: int | None = None
    state: str | None = None  # gone, deleted, closed, answered or open
    since: datetime | None = None  # arrival
    until: datetime | None = None
    after_at: datetime | None = None  # key of the last errand of the page before
    after_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundErrand:
    """One line of the result."""

    errand_id: int
    display_id: str | None
    subject: str | None = field(repr=False)
    from_name: str | None = field(repr=False)
    from_address: str | None = field(repr=False)
    arrived_at: datetime | None
    state: str
    area: str | None
    agent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value of a filter."""

    id: int
    name: str


def search(conn: Connection, wanted: Search, *, limit: int) -> list[FoundErrand]:
    """Return the newest errands first. Raises ``SearchTooSlow``."""
    try:
        with conn.transaction(), conn.cursor(row_factory=class_row(FoundErrand)) as cursor:
            conn.execute(SQL["limit_time"])
            # Planned anew for each set of filters.
            return cursor.execute(
                SQL["search"], asdict(wanted) | {"limit": limit}, prepare=False
            ).fetchall()
    except psycopg.errors.QueryCanceled:
        raise SearchTooSlow from None


def choices(
    conn: Connection,
    workspace: str,
    kind: Literal["area", "agent", "tag", "channel"],
    *,
    name: str | None = None,
    id_: int | None = None,
) -> list[Choice]:
    """Return the values of a filter, by name: the first 500, those of a name, or that of an id.

    Upper and lower case of a name are the same.
    """
    parameters = {
        "workspace": workspace,
        "kind": kind,
        "name": name,
        "id": id_,
        "limit": MAX_CHOICES,
    }
    with conn.cursor(row_factory=class_row(Choice)) as cursor:
        return cursor.execute(SQL["choices"], parameters).fetchall()
