"""What operators ask for in the web face and a worker carries out, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)
KEPT_S = 3600.0  # after it was finished


class Kind(StrEnum):
    """What is asked for."""

    CHECK = "check"
    PREVIEW = "preview"
    ERASE_DRY_RUN = "erase_dry_run"
    ERASE = "erase"
    EXPORT_PERSON = "export_person"


class State(StrEnum):
    """How a request stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """What is asked for now."""

    kind: Kind
    workspace: str | None = None
    rule: str | None = None  # of a preview
    days: int | None = None
    subject: bytes | None = field(default=None, repr=False)  # whom it is about, as JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRequest:
    """One request, without its result."""

    request_id: int
    requested_at: datetime
    person: str
    kind: str
    workspace: str | None
    rule: str | None  # of a preview
    days: int | None
    subject: bytes | None = field(repr=False)  # whom it is about, as JSON
    state: str
    tries: int
    work_done: int
    work_total: int
    finished_at: datetime | None
    problem: str | None

    @property
    def finished(self) -> bool:
        """Whether nothing more will come of it."""
        return self.finished_at is not None


def add(conn: Connection, person: str, new: NewRequest) -> int:
    """Record what ``person`` asks for; return its number. The caller owns the transaction."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["add"], {"person": person, **asdict(new)}).fetchall()[0])


def find(conn: Connection, request_id: int) -> OperatorRequest | None:
    """Return a request; ``None``: there is none, or it was finished more than an hour ago."""
    parameters = {"request_id": request_id, "kept_s": KEPT_S}
    with conn.cursor(row_factory=class_row(OperatorRequest)) as cursor:
        return cursor.execute(SQL["find"], parameters).fetchone()


def latest(
    conn: Connection, kinds: Sequence[Kind], *, workspace: str | None = None, limit: int
) -> list[OperatorRequest]:
    """Return the newest requests of some kinds first, of the last hour."""
    parameters: dict[str, Any] = {
        "request_kinds": list(kinds),
        "workspace": workspace,
        "limit": limit,
        "kept_s": KEPT_S,
    }
    with conn.cursor(row_factory=class_row(OperatorRequest)) as cursor:
        return cursor.execute(SQL["latest"], parameters).fetchall()


def result(conn: Connection, request_id: int) -> bytes | None:
    """Return what came of a request, as JSON; ``None``: nothing, or it is deleted."""
    parameters = {"request_id": request_id, "kept_s": KEPT_S}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["result"], parameters).fetchone()


def begin(conn: Connection) -> OperatorRequest | None:
    """Begin the oldest request that is not finished; ``None``: there is none.

    The caller holds the lock of all requests.
    """
    with conn.cursor(row_factory=class_row(OperatorRequest)) as cursor:
        return cursor.execute(SQL["begin"]).fetchone()


def set_total(conn: Connection, request_id: int, total: int) -> None:
    """Record how much there is to be done."""
    conn.execute(SQL["set_total"], {"request_id": request_id, "work_total": total})


def add_done(conn: Connection, request_id: int, done: int) -> None:
    """Record how much more was done. Raises ``LockNotAvailable`` if the row is locked."""
    with conn.transaction():
        conn.execute(SQL["limit_waits"])
        conn.execute(SQL["add_done"], {"request_id": request_id, "work_done": done})


def take_subject(conn: Connection, request_id: int) -> bytes | None:
    """Return whom a dry run was about, and forget it there; ``None``: that is not known any more.

    The caller is in a transaction.
    """
    parameters = {"request_id": request_id, "kept_s": KEPT_S}
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(SQL["lock_dry_run"], parameters).fetchone()
    conn.execute(SQL["forget_subject"], {"request_id": request_id})
    return found


def finish(
    conn: Connection, request_id: int, *, result: bytes | None = None, problem: str | None = None
) -> None:
    """Record what came of a request: a result, or why it failed."""
    parameters = {"request_id": request_id, "result": result, "problem": problem}
    conn.execute(SQL["finish"], parameters)


def delete_old(conn: Connection) -> None:
    """Delete requests that were finished more than an hour ago."""
    conn.execute(SQL["delete_old"], {"kept_s": KEPT_S})


def delete_exports(conn: Connection) -> None:
    """Delete all finished exports of persons: one may be of a person who is erased."""
    conn.execute(SQL["delete_exports"])
