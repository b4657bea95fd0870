"""Invitations: claimed before they are sent, settled afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from workers.database import queries
from workers.surveys.rules.invitation_mail import Letter
from workers.surveys.rules.link import digest_of

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueInvitation:
    """An invitation that is due."""

    invitation_id: int
    reference: str
    errand_id: int
    display_id: str
    rule: str
    rule_version: int
    vendor: str
    survey: Mapping[str, Any]
    channel: str
    contact: str | None = field(repr=False)  # None: the person was erased
    contact_name: str | None = field(repr=False)
    person_sha256: bytes = field(repr=False)
    language: str | None  # of the survey; None: it has none of its own
    send_until: datetime
    tries: int
    letter: Letter | None = None  # of one that goes out by mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of a request: the next state of its invitation."""

    invitation_id: int
    state: str  # triggered, refused, unknown or due
    vendor: str  # that was asked, or that is asked next
    survey: Mapping[str, Any]
    due_at: datetime | None = None  # None: as before
    remote_id: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedInvitation:
    """An invitation as operators see it; whom it goes to is not shown."""

    workspace: str
    invitation_id: int
    reference: str
    errand_id: int
    rule: str | None  # None: a link that an operator handed over
    vendor: str
    channel: str
    state: str
    due_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    settled_by: str | None
    tries: int
    remote_id: str | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownInvitation:
    """An invitation of unknown outcome; a person has to look for it at the vendor."""

    workspace: str
    invitation_id: int
    reference: str
    errand_id: int
    vendor: str
    contact: str | None = field(repr=False)
    sent_at: datetime
    problem: str | None
    age_s: float  # since the vendor was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyStatus:
    """How the surveys of a workspace stand."""

    workspace: str
    due: int  # to be sent now
    oldest_due_s: float | None  # None: nothing is due
    sending: int
    unknown: int
    rules_on: int
    held: str | None  # why; None: they are not held
    last_decided_at: datetime | None
    last_sent_at: datetime | None
    stuck: int  # sessions that cannot go on
    unmatched: int  # rows of results that belong to no invitation
    newest_unmatched_s: float | None  # since the last of them came; None: there are none


def any_due(conn: Connection[Any], workspace: str, vendor: str, *, now: datetime) -> bool:
    """Tell whether an invitation of a vendor is due."""
    parameters = {"workspace": workspace, "vendor": vendor, "now": now}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["any_due"], parameters).fetchone())


def due(
    conn: Connection[Any], workspace: str, vendor: str, *, limit: int, now: datetime
) -> list[DueInvitation]:
    """Return invitations that are due, the oldest first, locked until the transaction ends."""
    parameters = {"workspace": workspace, "vendor": vendor, "limit": limit, "now": now}
    with conn.cursor(row_factory=class_row(DueInvitation)) as cursor:
        return cursor.execute(SQL["due_invitations"], parameters).fetchall()


def begin_sending(
    conn: Connection[Any],
    workspace: str,
    tokens: Mapping[int, str | None],
    *,
    run: UUID,
    now: datetime,
) -> None:
    """Record that a vendor is about to be asked; the caller commits before it asks.

    ``tokens`` has the secret of its link for each invitation, ``None`` if it has none.
    """
    parameters = {
        "workspace": workspace,
        "ids": list(tokens),
        "digests": [token and digest_of(token) for token in tokens.values()],
        "run": run,
        "now": now,
    }
    conn.execute(SQL["begin_sending"], parameters)


def postpone(
    conn: Connection[Any], workspace: str, invitation_id: int, *, due_at: datetime
) -> None:
    """Send an invitation that is due later."""
    parameters = {"workspace": workspace, "invitation_id": invitation_id, "due_at": due_at}
    conn.execute(SQL["postpone"], parameters)


def take_back(conn: Connection[Any], workspace: str, invitation_id: int) -> None:
    """Forget an invitation that no vendor was asked for, and its decision."""
    conn.execute(SQL["take_back"], {"workspace": workspace, "invitation_id": invitation_id})


def withdraw(
    conn: Connection[Any], workspace: str, invitation_id: int, *, reason: str, settled_by: str
) -> bool:
    """Withdraw an invitation, and decide its errand so; return ``False`` if it is not due."""
    parameters = {
        "workspace": workspace,
        "invitation_id": invitation_id,
        "reason": reason,
        "settled_by": settled_by,
    }
    return bool(conn.execute(SQL["withdraw"], parameters).fetchall())


def withdraw_overdue(
    conn: Connection[Any], workspace: str, vendors: Sequence[str], *, now: datetime
) -> int:
    """Withdraw what can no longer be sent in time; return how many.

    ``vendors`` are those that can be asked at all.
    """
    parameters = {"workspace": workspace, "vendors": list(vendors), "now": now}
    return len(conn.execute(SQL["withdraw_overdue"], parameters).fetchall())


def settle(
    conn: Connection[Any],
    workspace: str,
    settlements: Sequence[Settlement],
    *,
    run: UUID,
    now: datetime,
) -> None:
    """Record what became of requests of a run."""
    document = orjson.dumps([asdict(one) for one in settlements]).decode()
    parameters = {"workspace": workspace, "settlements": document, "run": run, "now": now}
    conn.execute(SQL["settle"], parameters)


def senders(conn: Connection[Any]) -> list[UUID]:
    """Return the runs with requests that are not settled."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["senders"]).fetchall()


def mark_unknown(conn: Connection[Any], run: UUID) -> None:
    """Mark the requests of a dead run as of unknown outcome."""
    conn.execute(SQL["mark_unknown"], {"run": run})


def listed(
    conn: Connection[Any], workspace: str | None, *, state: str | None, limit: int
) -> list[ListedInvitation]:
    """Return invitations, the newest first."""
    parameters = {"workspace": workspace, "state": state, "limit": limit}
    with conn.cursor(row_factory=class_row(ListedInvitation)) as cursor:
        return cursor.execute(SQL["invitation_list"], parameters).fetchall()


def count_by_state(conn: Connection[Any], workspace: str, *, days: int) -> dict[str, int]:
    """Return how many invitations that were due in the last days, or are due later, by state."""
    rows = conn.execute(SQL["count_by_state"], {"workspace": workspace, "days": days}).fetchall()
    return dict(rows)


def unknown(conn: Connection[Any], workspace: str | None) -> list[UnknownInvitation]:
    """Return the invitations of unknown outcome, the oldest first."""
    with conn.cursor(row_factory=class_row(UnknownInvitation)) as cursor:
        return cursor.execute(SQL["unknown_invitations"], {"workspace": workspace}).fetchall()


def resolve_done(conn: Connection[Any], workspace: str, invitation_id: int) -> bool:
    """Record that a vendor has written; return ``False`` if that was not unknown."""
    parameters = {"workspace": workspace, "invitation_id": invitation_id}
    return bool(conn.execute(SQL["resolve_done"], parameters).fetchall())


def resolve_missing(
    conn: Connection[Any], workspace: str, invitation_id: int, *, after_s: float
) -> str | None:
    """Record that a vendor has not written; return the new state, due or withdrawn.

    ``None``: that was not unknown, or the vendor was asked less than ``after_s`` ago.
    """
    parameters = {"workspace": workspace, "invitation_id": invitation_id, "after_s": after_s}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["resolve_missing"], parameters).fetchone()


def statuses(conn: Connection[Any]) -> list[SurveyStatus]:
    """Return how the surveys of every workspace stand."""
    with conn.cursor(row_factory=class_row(SurveyStatus)) as cursor:
        return cursor.execute(SQL["survey_status"]).fetchall()
