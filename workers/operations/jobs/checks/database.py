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
from workers.operations.jobs.sentences import Sentence, duration
from workers.operations.store import status

DATABASE = Sentence("about.database")
ANALYSTS = Sentence("about.analysts")
WORKERS = Sentence("about.workers")
MIGRATE = Sentence("remedy.migrate")


def database_findings(settings: Settings) -> Iterator[Finding]:
    """Check whether the database can be used, and whether workers answer."""
    where = error_messages.safe_location(settings.database_url)
    try:
        with connections.connect(settings.database_url) as conn:
            encoding.check(conn)
            answers = Sentence("check.database_answers", version=_version(conn), where=where)
            yield ok(DATABASE, answers)
            if newer := migrate.unknown(conn):
                raise migrate.NewerDatabase(*newer)
            if missing := migrate.pending(conn):
                behind = Sentence("check.migrations_missing", count=len(missing))
                yield wrong(DATABASE, behind, MIGRATE)
            else:
                yield from sessions(settings.database_url)
                yield from _analysts(conn)
                yield from logins(conn)
                yield from _inside(conn, settings)
    except psycopg.Error as error:
        sentence, _, remedy = error_messages.describe(error, settings.database_url).partition(". ")
        yield wrong(DATABASE, f"{sentence}.", remedy)


def _analysts(conn: Connection) -> Iterator[Finding]:
    if closed := migrate.closed_to_analysts(conn):
        may_not_read = Sentence("check.analysts_closed", table=closed[0], count=len(closed))
        yield wrong(ANALYSTS, may_not_read, MIGRATE)
    if columns := migrate.wrong_for_figures(conn):
        wrong_rights = Sentence("check.figures_rights", column=columns[0], count=len(columns))
        yield wrong(ANALYSTS, wrong_rights, MIGRATE)


def logins(conn: Connection) -> Iterator[Finding]:
    """Check whether the queries of analysts end by themselves."""
    for login in migrate.unlimited_logins(conn):
        name = escape(login)
        yield warning(
            ANALYSTS,
            Sentence("check.login_unlimited", login=name),
            Sentence("remedy.limit_login", login=name),
        )


def sessions(database_url: str) -> Iterator[Finding]:
    """Check whether a connection keeps its session: with a pooler, another takes it over."""
    with connections.connect(database_url) as ours, connections.connect(database_url) as other:
        ours.autocommit = True
        before = status.backend(ours)
        status.backend(other)  # in a transaction that lasts
        if status.backend(ours) != before:
            yield wrong(DATABASE, Sentence("check.pooler"), Sentence("remedy.pooler"))


def _inside(conn: Connection, settings: Settings) -> Iterator[Finding]:
    for moved in workspaces.moved(conn, settings.workspaces):
        yield wrong(
            Sentence("about.workspace", workspace=moved.workspace),
            Sentence("check.moved", stored=moved.stored, configured=moved.configured),
            Sentence("remedy.moved", workspace=moved.workspace),
        )
    role = status.role(conn)
    if role.may_write:
        yield ok(DATABASE, Sentence("check.may_write", role=role.current_user))
    else:
        may_not_write = Sentence("check.may_not_write", role=role.current_user)
        yield wrong(DATABASE, may_not_write, Sentence("remedy.may_not_write"))
    yield from clocks.clock_findings(conn)
    silent = list(alerts.of_queues(status.queues(conn)))
    for one in silent:
        yield wrong(WORKERS, one.sentence, Sentence("remedy.start_workers", command=one.command))
    if not silent:
        answered = [q.silent_s for q in status.queues(conn) if not alerts.is_silent(q.silent_s)]
        longest = duration(max(s for s in answered if s is not None))
        yield ok(WORKERS, Sentence("check.workers_answer", longest=longest))


def _version(conn: Connection) -> str:
    return f"{conn.info.server_version // 10_000}.{conn.info.server_version % 10_000}"
