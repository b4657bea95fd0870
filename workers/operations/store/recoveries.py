"""How far recoveries of restored databases are, and the stored records they fetch again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What is to be recovered of one workspace."""

    workspace: str
    since_at: datetime  # when the backup was made
    preset_id: str  # export that finds errands; empty for none
    everything: bool  # also stored errands that were closed, and ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryProgress:
    """How far a recovery is."""

    began_at: datetime
    stored_up_to: int  # id of the last stored errand that is wanted
    ended_at: datetime | None


def begin(conn: Connection, recovery: Recovery) -> bool:
    """Record that a recovery begins; return ``False`` if it has begun before."""
    return bool(conn.execute(SQL["begin_recovery"], asdict(recovery)).fetchall())


def read(conn: Connection, recovery: Recovery) -> RecoveryProgress | None:
    """Return how far a recovery is; ``None`` if it has not begun."""
    with conn.cursor(row_factory=class_row(RecoveryProgress)) as cursor:
        return cursor.execute(SQL["read_recovery"], asdict(recovery)).fetchone()


def forget(conn: Connection, recovery: Recovery) -> None:
    """Forget a recovery, so that it begins anew."""
    conn.execute(SQL["forget_recovery"], asdict(recovery))


def record_stored_up_to(conn: Connection, recovery: Recovery, errand_id: int) -> None:
    """Record that the stored errands up to an id are wanted."""
    conn.execute(SQL["record_stored_up_to"], {**asdict(recovery), "errand_id": errand_id})


def end(conn: Connection, recovery: Recovery) -> None:
    """Record that a recovery has found all that it can."""
    conn.execute(SQL["end_recovery"], asdict(recovery))


def stored_errands(conn: Connection, recovery: Recovery, *, after: int, limit: int) -> list[int]:
    """Return the ids of the next stored errands that are to be fetched again."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {**asdict(recovery), "after": after, "limit": limit}
        return cursor.execute(SQL["stored_errands"], parameters).fetchall()


def stored_count(conn: Connection, recovery: Recovery, *, after: int) -> int:
    """Return how many stored errands are to be fetched again."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {**asdict(recovery), "after": after}
        return int(cursor.execute(SQL["count_stored_errands"], parameters).fetchone() or 0)


def stored_ratings(conn: Connection, workspace: str) -> list[int]:
    """Return the ids of all stored Facebook ratings."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["stored_ratings"], {"workspace": workspace}).fetchall()
