"""Bad scores that become errands in Cention."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAlert:
    """A bad score whose errand is still to be created."""

    session_id: int
    reference: str = field(repr=False)  # of the invitation
    alert: dict[str, Any] = field(repr=False)  # [rule.alert], by which the customer was invited
    score: float
    comment: str = field(repr=False)  # empty for none
    display_id: str
    area: str


def record_bad_scores(conn: Connection[Any], workspace: str) -> int:
    """Record each session with a score that its rule calls bad, once; return how many are new."""
    return len(conn.execute(SQL["record_bad_scores"], {"workspace": workspace}).fetchall())


def pending(conn: Connection[Any], workspace: str, *, limit: int) -> list[PendingAlert]:
    """Return bad scores without an errand; those tried most seldom first."""
    with conn.cursor(row_factory=class_row(PendingAlert)) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["pending_alerts"], parameters).fetchall()


def record_sent(conn: Connection[Any], workspace: str, session_id: int, *, sent_id: int) -> None:
    """Record that the errand of a bad score was asked for, by its number in ``sent_errand``."""
    parameters = {"workspace": workspace, "session_id": session_id, "sent_id": sent_id}
    conn.execute(SQL["record_alert_sent"], parameters)
