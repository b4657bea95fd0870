"""Sessions of our pages that wait for their vendor: claimed before it is asked, then settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingSession:
    """A session that waits for its vendor, as it was before it was claimed."""

    session_id: int
    vendor: str
    state: str
    remote_id: str | None = field(repr=False)
    rules_version: int | None
    asked: Sequence[Mapping[str, Any]] = field(repr=False)  # questions so far, of CentraCX
    tries: int
    verified: bool
    has_context: bool
    survey: Mapping[str, Any] | None  # of the invitation
    waited_s: float  # since its last answer, or since it began
    answers: Sequence[Mapping[str, Any]] = field(repr=False)  # by position


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What follows from what a vendor answered; ``None``: as it was."""

    state: str | None = None
    question: Mapping[str, Any] | None = field(default=None, repr=False)  # that is asked now
    asked: Sequence[Mapping[str, Any]] | None = field(default=None, repr=False)
    remote_id: str | None = field(default=None, repr=False)
    starts: int = 0  # sessions that were begun at the vendor
    forwarded: str | None = None  # what became of the answers at ``positions``
    positions: Sequence[int] = ()
    context: Mapping[str, Any] | None = field(default=None, repr=False)
    errand_id: int | None = None
    language: str | None = None
    verified: bool = False
    outcome_state: str | None = None
    problem: str | None = None
    wait_s: float | None = None  # until it is claimed again; None: at once, if it still waits


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFigures:
    """How the surveys stand that a vendor conducts through our pages."""

    workspace: str
    vendor: str
    waiting: int  # for the vendor
    longest_wait_s: float | None  # None: nothing waits
    stuck: int
    unknown: int  # answers that may have reached the vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationProblem:
    """A survey that cannot go on, or whose answers may not have reached its vendor."""

    workspace: str
    session_id: int
    errand_id: int | None
    vendor: str
    state: str
    outcome_state: str
    started_at: datetime
    problem: str | None


def figures(conn: Connection[Any]) -> list[ConversationFigures]:
    """Return how the surveys of each vendor stand, in every workspace that has any."""
    with conn.cursor(row_factory=class_row(ConversationFigures)) as cursor:
        return cursor.execute(SQL["conversation_figures"]).fetchall()


def problems(
    conn: Connection[Any], workspace: str | None, *, limit: int
) -> list[ConversationProblem]:
    """Return the last surveys with a problem, the newest first."""
    parameters = {"workspace": workspace, "limit": limit}
    with conn.cursor(row_factory=class_row(ConversationProblem)) as cursor:
        return cursor.execute(SQL["conversation_problems"], parameters).fetchall()


def any_waiting(conn: Connection[Any], workspace: str, vendor: str) -> bool:
    """Tell whether a session waits for a vendor now."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "vendor": vendor}
        return bool(cursor.execute(SQL["any_waiting"], parameters).fetchone())


def claim(
    conn: Connection[Any], workspace: str, vendor: str, *, run: UUID, limit: int
) -> list[WaitingSession]:
    """Claim sessions for a run; the caller commits before it asks the vendor."""
    parameters = {"workspace": workspace, "vendor": vendor, "run": run, "limit": limit}
    with conn.cursor(row_factory=class_row(WaitingSession)) as cursor:
        return cursor.execute(SQL["claim_conversations"], parameters).fetchall()


def settle(
    conn: Connection[Any], workspace: str, session_id: int, settled: Settled, *, run: UUID
) -> None:
    """Record what a vendor answered, and release the session, if the run still holds it."""
    place = {"workspace": workspace, "session_id": session_id, "run": run}
    with conn.transaction():
        if settled.forwarded is not None:
            marks = {"forwarded": settled.forwarded, "positions": list(settled.positions)}
            conn.execute(SQL["settle_forwarded"], place | marks)
        parameters = place | {
            "state": settled.state,
            "question": _json(settled.question),
            "asked": _json(settled.asked),
            "remote_id": settled.remote_id,
            "starts": settled.starts,
            "context": _json(settled.context),
            "errand_id": settled.errand_id,
            "language": settled.language,
            "verified": settled.verified,
            "outcome_state": settled.outcome_state,
            "problem": settled.problem,
            "wait_s": settled.wait_s,
        }
        conn.execute(SQL["settle_conversation"], parameters)


def runs(conn: Connection[Any]) -> list[UUID]:
    """Return the runs that hold sessions."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["conversing"]).fetchall()


def release_abandoned(conn: Connection[Any], run: UUID) -> None:
    """Release the sessions of a dead run; what it was handing over is of unknown outcome."""
    conn.execute(SQL["release_abandoned"], {"run": run})


def give_up(
    conn: Connection[Any], workspace: str, vendor: str, *, within_s: float, has_account: bool
) -> int:
    """End what has waited for a vendor longer than ``within_s`` and in vain; return how many."""
    parameters = {
        "workspace": workspace,
        "vendor": vendor,
        "within_s": within_s,
        "has_account": has_account,
    }
    return len(conn.execute(SQL["give_up"], parameters).fetchall())


def end_left(conn: Connection[Any]) -> int:
    """End surveys that their customers left, and can no longer answer; return how many."""
    return len(conn.execute(SQL["end_left"]).fetchall())


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
