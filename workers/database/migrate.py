"""Bring a database up to date: each migration once, in the order of its number; views anew."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import scalar_row

from workers.database import queries

SQL = queries.load(__name__)


def migrate(conn: Connection[Any]) -> list[str]:
    """Apply what is missing, make the views anew, and return the names of what was applied.

    Two processes starting together wait for one another. A migration that waits more
    than 4 s for a lock gives up, and nothing of it remains.
    """
    with conn.transaction():
        conn.execute(SQL["begin_migration"])
        conn.execute(SQL["create_migration_table"])
        with conn.cursor(row_factory=scalar_row) as cursor:
            applied = set(cursor.execute(SQL["applied_migrations"]).fetchall())
        missing = [(name, sql) for name, sql in files("migrations") if name not in applied]
        for name, sql in missing:
            conn.execute(sql)
            conn.execute(SQL["note_migration"], {"name": name})
        views = files("views")
        if views_name(views) not in applied:
            for _, sql in views:
                conn.execute(sql)
            conn.execute(SQL["note_views"], {"name": views_name(views)})
    return [name for name, _ in missing]


def pending(conn: Connection[Any]) -> list[str]:
    """Return the names of the migrations that this database lacks; changes nothing."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        exists = cursor.execute(SQL["migration_table_exists"]).fetchone()
        applied = set(cursor.execute(SQL["applied_migrations"]).fetchall()) if exists else set()
    return [name for name, _ in files("migrations") if name not in applied]


def views_name(views: list[tuple[str, LiteralString]]) -> str:
    """Name this set of views, so that they are made anew only when one has changed."""
    return "views:" + hashlib.sha256("".join(sql for _, sql in views).encode()).hexdigest()


def files(folder: str) -> list[tuple[str, LiteralString]]:
    """Return every SQL file of ``folder`` as (file name, SQL), in order."""
    found = (resources.files("workers.database") / folder).iterdir()
    chosen = sorted((f for f in found if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(f.name, queries.literal(f.read_text("utf-8"))) for f in chosen]
