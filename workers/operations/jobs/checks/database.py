"""Checks of the database, and of the workers by their canaries."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from schemas.text.printable import escape
from workers.config.settings import Settings
from workers.database import Connection, connections, encoding, error_messages, migrate, workspaces
from workers.operations.jobs import alerts
from workers.operations.jobs.checks import clocks
from workers.operations.jobs.checks.finding import Finding, ok, warning, wrong
from workers.operations.rules.wording import format_duration, pluralise
from workers.operations.store import status

MIGRATE = "Run: cention migrate"


def database_findings(settings: Settings) -> Iterator[Finding]:
    """Check whether the database can be used, and whether workers answer."""
    where = error_messages.safe_location(settings.database_url)
    try:
        with connections.connect(settings.database_url) as conn:
            encoding.check(conn)
            yield ok("database", f"PostgreSQL {_version(conn)} answers at {where}.")
            if newer := migrate.unknown(conn):
                raise migrate.NewerDatabase(*newer)
            if missing := migrate.pending(conn):
                yield wrong("database", f"{pluralise(len(missing), 'migration')} missing.", MIGRATE)
            else:
                yield from sessions(settings.database_url)
                yield from _analysts(conn)
                yield from logins(conn)
                yield from _inside(conn, settings)
    except psycopg.Error as error:
        sentence, _, remedy = error_messages.describe(error, settings.database_url).partition(". ")
        yield wrong("database", f"{sentence}.", remedy)


def _analysts(conn: Connection) -> Iterator[Finding]:
    if closed := migrate.closed_to_analysts(conn):
        yield wrong(
            "analysts",
            f"Their role cention_analyst is missing, or may not read {closed[0]} "
            f"({pluralise(len(closed), 'table')} in all), as after a restore on another server.",
            MIGRATE,
        )
    if columns := migrate.wrong_for_figures(conn):
        yield wrong(
            "analysts",
            f"The role cention_figures may read what it should not, or cannot read what it should: "
            f"{columns[0]} ({pluralise(len(columns), 'column')} in all).",
            MIGRATE,
        )


def logins(conn: Connection) -> Iterator[Finding]:
    """Check whether the queries of analysts end by themselves."""
    for login in migrate.unlimited_logins(conn):
        name = escape(login)
        yield warning(
            "analysts",
            f"No statement_timeout ends a forgotten query of the login {name}.",
            f"Run as a superuser: ALTER ROLE {name} SET statement_timeout = '10min'",
        )


def sessions(database_url: str) -> Iterator[Finding]:
    """Check whether a connection keeps its session: with a pooler, another takes it over."""
    with connections.connect(database_url) as ours, connections.connect(database_url) as other:
        ours.autocommit = True
        before = status.backend(ours)
        status.backend(other)  # in a transaction that lasts
        if status.backend(ours) != before:
            yield wrong(
                "database",
                "A pooler shares sessions between connections, so locks are lost and documents "
                "may be applied twice.",
                "Connect to PostgreSQL itself, or set pool_mode = session in PgBouncer.",
            )


def _inside(conn: Connection, settings: Settings) -> Iterator[Finding]:
    for moved in workspaces.moved(conn, settings.workspaces):
        yield wrong(
            f"workspace {moved.workspace}",
            f"Its rows are from {moved.stored}, but the settings name {moved.configured}, so "
            "nothing is done for it.",
            "Another workspace needs another name (CENTION_WORKSPACE). If it is the same one at a "
            f"new address, run: cention workspaces moved {moved.workspace}",
        )
    role = status.role(conn)
    if role.may_write:
        yield ok("database", f"Up to date; the role {role.current_user} may write.")
    else:
        yield wrong(
            "database",
            f"Up to date, but the role {role.current_user} may not write.",
            "Use the role that migrated it, or grant its rights.",
        )
    yield from clocks.clock_findings(conn)
    silent = list(alerts.of_queues(status.queues(conn)))
    for one in silent:
        yield wrong("workers", one.sentence, f"Start them: {one.command}")
    if not silent:
        answered = [q.silent_s for q in status.queues(conn) if not alerts.is_silent(q.silent_s)]
        longest = format_duration(max(s for s in answered if s is not None))
        yield ok("workers", f"They answer on every queue; the oldest answer is {longest} old.")


def _version(conn: Connection) -> str:
    return f"{conn.info.server_version // 10_000}.{conn.info.server_version % 10_000}"
