"""Copies of the migrated database, and queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from deploy.embedded import Postgres
from workers.database.migrate import migrate

TEMPLATE = "template_migrated"
_numbers = count(1)


def create_template(postgres: Postgres) -> None:
    """Create the migrated database."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    with psycopg.connect(postgres.url_of(TEMPLATE)) as conn:
        migrate(conn)


@contextmanager
def database_copy(postgres: Postgres, template: str) -> Iterator[str]:
    """Create a copy of the migrated database, yield its URL, and drop it."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        # What PostgreSQL 14 does always; later ones would write the copy to the log.
        how = "STRATEGY file_copy" if admin.info.server_version >= 15_00_00 else ""
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.SQL(how)
            )
        )
        yield postgres.url_of(name)
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def run_query(url: str, query: str, *parameters: object) -> list[dict[str, Any]]:
    """Run a statement in its own transaction, and return its rows, if it has any."""
    with psycopg.connect(url, row_factory=dict_row, autocommit=True) as conn:
        cursor = conn.execute(query, parameters)  # type: ignore[arg-type]
        return [] if cursor.description is None else cursor.fetchall()
