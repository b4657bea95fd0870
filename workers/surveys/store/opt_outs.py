"""Persons who do not want to be invited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """One objection that stands."""

    workspace: str
    contact: str | None = field(repr=False)  # None: the person was erased
    since: datetime
    source: str


def add(
    conn: Connection[Any], workspace: str, contacts: Mapping[bytes, str | None], *, source: str
) -> int:
    """Record objections by the hash of the person; return how many are new.

    Invitations of these persons that are due are withdrawn.
    """
    parameters = {
        "workspace": workspace,
        "persons": list(contacts),
        "contacts": list(contacts.values()),
        "source": source,
    }
    new = len(conn.execute(SQL["add_opt_outs"], parameters).fetchall())
    conn.execute(SQL["withdraw_invitations"], parameters)
    return new


def remove(conn: Connection[Any], workspace: str, person: bytes) -> bool:
    """Record that a person may be invited again; return ``False`` if there was no objection."""
    parameters = {"workspace": workspace, "person": person}
    return bool(conn.execute(SQL["remove_opt_out"], parameters).fetchall())


def standing(conn: Connection[Any], workspace: str, *, limit: int | None = None) -> list[OptOut]:
    """Return the objections that stand, the newest first; with ``limit``, no more than that."""
    parameters = {"workspace": workspace, "limit": limit}
    with conn.cursor(row_factory=class_row(OptOut)) as cursor:
        return cursor.execute(SQL["standing_opt_outs"], parameters).fetchall()


def count(conn: Connection[Any], workspace: str) -> int:
    """Return how many objections stand."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["count_opt_outs"], {"workspace": workspace}).fetchall()[0])


def among(conn: Connection[Any], workspace: str, persons: Sequence[bytes]) -> set[bytes]:
    """Return those of some persons who object."""
    parameters = {"workspace": workspace, "persons": list(persons)}
    return {bytes(row[0]) for row in conn.execute(SQL["opted_out_among"], parameters).fetchall()}
