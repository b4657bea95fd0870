"""Whether the database was migrated by this version of the program, an older or a newer one."""

from __future__ import annotations

import threading
import time

import psycopg
import structlog

from workers.database import connections, migrate

RETRY_EVERY_S = 30.0

log = structlog.get_logger(__name__)


def report_in_background(database_url: str) -> None:
    """Log an error if the database is of another version, as soon as it answers; does not wait.

    The process goes on: during an upgrade the database is newer for a while.
    """
    threading.Thread(target=_report, args=(database_url,), name="version", daemon=True).start()


def report(database_url: str) -> None:
    """Log an error if the database is of another version. Raises ``psycopg.Error``."""
    with connections.connect(database_url) as conn:
        newer, missing = migrate.unknown(conn), migrate.pending(conn)
    if newer:
        log.error(
            "database is newer than this program",
            unknown_migrations=newer,
            remedy="install the version that migrated it, and restart",
        )
    elif missing:
        log.error(
            "database is not up to date", missing_migrations=missing, remedy="cention migrate"
        )


def _report(database_url: str) -> None:
    while True:
        try:
            report(database_url)
        except psycopg.OperationalError:
            time.sleep(RETRY_EVERY_S)
        except psycopg.Error:  # this role may not read it
            return
        else:
            return
