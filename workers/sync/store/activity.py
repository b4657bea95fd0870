"""What the bridge did, minute by minute: callbacks, fetches and waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import orjson
import psycopg
import structlog

from workers.config.names import Family
from workers.database import Connection, queries

log = structlog.get_logger(__name__)
SQL = queries.load(__name__)


@dataclass(slots=True, kw_only=True)
class Fetches:
    """The results of some fetches: each is stored, unreadable, failed or of a missing record."""

    stored: int = 0
    unreadable: int = 0  # a document came that cannot be used
    failed: int = 0  # no document came, or none that can be stored
    by_status: Counter[str] = field(default_factory=Counter)  # HTTP status, or "none"


@contextmanager
def counts_that_may_fail(workspace: str, family: str) -> Iterator[None]:
    """Count in it what is committed: if Postgres refuses that, log it, for only a count is lost."""
    try:
        yield
    except psycopg.Error as error:
        log.warning(
            "work done and not counted",
            workspace=workspace,
            family=family,
            error=type(error).__name__,
            sqlstate=error.sqlstate,
        )


def count_fetches(conn: Connection, workspace: str, family: Family, fetches: Fetches) -> None:
    """Add fetches to the present minute. ``conn`` is in autocommit mode.

    Does not wait for the disk: nobody who counts in the same minute waits for that either.
    """
    conn.execute(
        SQL["count_fetches"],
        {
            "workspace": workspace,
            "family": family,
            "stored": fetches.stored,
            "unreadable": fetches.unreadable,
            "failed": fetches.failed,
            "by_status": orjson.dumps(fetches.by_status).decode(),
        },
    )


def count_callbacks(
    conn: Connection, workspace: str, *, filed: Sequence[datetime], rejected: Sequence[datetime]
) -> None:
    """Add callbacks, by the times at which they were received, to those minutes.

    ``rejected`` are those with a problem. The transaction has no other statement: it does not wait
    for the disk.
    """
    parameters = {"workspace": workspace, "filed": list(filed), "rejected": list(rejected)}
    conn.execute(SQL["count_callbacks"], parameters)


def record_waits(
    conn: Connection, known: Iterable[tuple[str, Family]], workspaces: Iterable[str]
) -> None:
    """Record how long the oldest waits, once a minute: of known families, and of callbacks.

    Others that do so at the same time record the same.
    """
    families = sorted(known)
    parameters = {
        "workspaces": [workspace for workspace, _ in families],
        "families": [family for _, family in families],
        "inboxes": sorted(workspaces),
    }
    conn.execute(SQL["record_waits"], parameters)
