"""Applies migrations, each once and in order, and recreates views that have changed."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from importlib import resources
from typing import LiteralString

import psycopg
from psycopg import errors
from psycopg.rows import scalar_row

from workers.database import Connection, advisory_locks, encoding, queries

SQL = queries.load(__name__)

# Statements on large tables, each by itself outside a transaction, so that they do not lock out
# writers: index builds and triggers.
CONCURRENT = ".concurrently.sql"
RETRY_EVERY_S = 0.2  # while another process builds indexes
VIEWS = "views:"  # begins the name of a set of views among those of migrations


class NoAnalysts(errors.InsufficientPrivilege):
    """The role ``cention_analyst`` is missing, and ours may not create it."""


class NewerDatabase(psycopg.NotSupportedError):
    """A newer version has migrated the database; the arguments are its migrations."""


class ViewsInTheWay(errors.DependentObjectsStillExist):
    """Views of others stand on views that are made again; the arguments name them, with owners."""


def migrate(conn: Connection) -> list[str]:
    """Apply missing migrations, recreate changed views, and return the names of the migrations.

    Processes that migrate at the same time wait for one another. A migration that waits more
    than 4 s for a lock fails, and all of it is rolled back. Index builds and triggers of large
    tables follow when all that is committed; one that fails is repeated the next time.
    The roles of analysts and of figures and their grants are restored if they are missing; that of
    figures stays missing where ours may not create it (``has_figures``).
    Raises ``WrongEncoding``, ``NewerDatabase``, ``NoAnalysts``, ``ViewsInTheWay`` or another
    ``psycopg.Error``; after those four, the database is as it was.
    """
    encoding.check(conn)
    try:
        done = _migrate_in_transaction(conn)
    except errors.DependentObjectsStillExist:
        if dependent := _dependent_views(conn):
            raise ViewsInTheWay(*dependent) from None
        raise
    if any(name.endswith(CONCURRENT) for name in pending(conn)):
        conn.commit()
        done += _migrate_by_statement(conn)
    return done


def _migrate_in_transaction(conn: Connection) -> list[str]:
    with conn.transaction():
        conn.execute(SQL["begin_migration"])
        _create_analysts(conn)
        _create_figures(conn)
        conn.execute(SQL["create_migration_table"])
        applied = _applied(conn)
        if newer := unknown(conn):
            raise NewerDatabase(*newer)
        missing = [
            (name, sql)
            for name, sql in files("migrations")
            if name not in applied and not name.endswith(CONCURRENT)
        ]
        for name, sql in missing:
            conn.execute(sql)
            conn.execute(SQL["record_migration"], {"name": name})
        views = files("views")
        if views_name(views) not in applied:
            for _, sql in views:
                conn.execute(sql)
            conn.execute(SQL["record_views"], {"name": views_name(views)})
        if closed_to_analysts(conn):
            conn.execute(SQL["grant_to_analysts"])
        if wrong_for_figures(conn):
            conn.execute(SQL["grant_to_figures"])
    return [name for name, _ in missing]


def _dependent_views(conn: Connection) -> list[str]:
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["dependent_views"]).fetchall()


def _migrate_by_statement(conn: Connection) -> list[str]:
    """Run missing statements one after the other, after another process that is doing so."""
    before, conn.autocommit = conn.autocommit, True
    try:
        # Not in one statement that waits: index builds would wait for it in turn.
        while True:
            with advisory_locks.hold(conn, "cention.migrate.indexes", slots=1) as slot:
                if slot is not None:
                    return _run_missing_statements(conn)
            time.sleep(RETRY_EVERY_S)
    finally:
        conn.autocommit = before


def _run_missing_statements(conn: Connection) -> list[str]:
    missing = set(pending(conn))
    built = [
        (name, sql)
        for name, sql in files("migrations")
        if name in missing and name.endswith(CONCURRENT)
    ]
    try:
        for name, sql in built:
            conn.execute(SQL["allow_long_statements"])
            for statement in sql.split(";\n"):
                if statement.strip():
                    conn.execute(queries.literal(statement))
            conn.execute(SQL["record_migration"], {"name": name})
    finally:
        if not conn.closed:
            conn.execute(SQL["limit_statements"])
            conn.execute(SQL["limit_locks"])
    return [name for name, _ in built]


def _create_analysts(conn: Connection) -> None:
    with conn.cursor(row_factory=scalar_row) as cursor:
        if cursor.execute(SQL["analysts_exist"]).fetchone():
            return
    try:
        with conn.transaction():
            conn.execute(SQL["create_analysts"])
    except (errors.DuplicateObject, errors.UniqueViolation):
        pass  # another database of this server has just done it
    except errors.InsufficientPrivilege:
        raise NoAnalysts from None


def _create_figures(conn: Connection) -> None:
    if has_figures(conn):
        return
    expected = errors.DuplicateObject, errors.UniqueViolation, errors.InsufficientPrivilege
    with suppress(*expected), conn.transaction():
        conn.execute(SQL["create_figures"])


def has_figures(conn: Connection) -> bool:
    """Return whether the server has the role ``cention_figures``."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["figures_exist"]).fetchone())


def wrong_for_figures(conn: Connection) -> list[str]:
    """Return the columns that the role ``cention_figures`` may read and should not, or the reverse.

    None if the role is missing.
    """
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["wrong_for_figures"]).fetchall()


def closed_to_analysts(conn: Connection) -> list[str]:
    """Return the tables and views that the role of analysts cannot read and should."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["closed_to_analysts"]).fetchall()


def unlimited_logins(conn: Connection) -> list[str]:
    """Return the logins of analysts whose queries no ``statement_timeout`` ends."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["unlimited_logins"]).fetchall()


def pending(conn: Connection) -> list[str]:
    """Return the names of the migrations that are missing in this database."""
    applied = _applied(conn)
    return [name for name, _ in files("migrations") if name not in applied]


def unknown(conn: Connection) -> list[str]:
    """Return the names of the migrations that a newer version of this program has applied."""
    known = {name for name, _ in files("migrations")}
    return sorted(name for name in _applied(conn) - known if not name.startswith(VIEWS))


def _applied(conn: Connection) -> set[str]:
    with conn.cursor(row_factory=scalar_row) as cursor:
        exists = cursor.execute(SQL["migration_table_exists"]).fetchone()
        return set(cursor.execute(SQL["applied_migrations"]).fetchall()) if exists else set()


def views_name(views: list[tuple[str, LiteralString]]) -> str:
    """Return a name for this set of views, by which a change is noticed."""
    return VIEWS + hashlib.sha256("".join(sql for _, sql in views).encode()).hexdigest()


def files(folder: str) -> list[tuple[str, LiteralString]]:
    """Return the SQL files of ``folder`` as (file name, SQL), in order."""
    found = (resources.files("workers.database") / folder).iterdir()
    chosen = sorted((f for f in found if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(f.name, queries.literal(f.read_text("utf-8"))) for f in chosen]
