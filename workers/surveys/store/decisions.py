"""Decisions, and the invitations that come of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from workers.database import queries

SQL = queries.load(__name__)

BATCH = 5_000
INVITE = "invite"  # the outcome that is no reason


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    """An invitation that is due."""

    reference: str
    thread_id: int | None
    vendor: str
    survey: Mapping[str, Any]
    channel: str
    contact: str = field(repr=False)
    contact_name: str | None = field(repr=False)
    person: str = field(repr=False)  # hexadecimal
    language: str | None
    area_id: int | None
    agent_id: int | None
    service_id: int | None
    organisation_id: int | None
    answered_by: str | None
    tag_ids: list[int]
    due_at: datetime
    send_until: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """A decision about one errand; with an invitation, or with a reason."""

    errand_id: int
    event: str
    event_at: datetime
    rule: str | None
    rule_version: int | None
    reason: str | None = None
    detail: str | None = None
    invitation: NewInvitation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision that was made, and how its invitation stands."""

    errand_id: int
    decided_at: datetime
    event: str
    event_at: datetime
    rule: str | None
    rule_version: int | None
    verdict: str
    reason: str | None
    detail: str | None
    invitation_id: int | None
    state: str | None  # of the invitation
    due_at: datetime | None
    vendor: str | None


def save(
    conn: Connection[Any], workspace: str, decisions: Iterable[NewDecision], *, decided_at: datetime
) -> Counter[str]:
    """Save decisions with their invitations, as they come; return how many there are by outcome.

    The caller is in a transaction, and holds the lock of deciding: a second decision about an
    errand is an error.
    """
    numbers: Counter[str] = Counter()
    coming = iter(decisions)
    while batch := list(islice(coming, BATCH)):
        numbers.update(one.reason or INVITE for one in batch)
        conn.execute(
            SQL["save_decisions"],
            {
                "workspace": workspace,
                "decided_at": decided_at,
                "decisions": orjson.dumps(batch).decode(),
            },
        )
    return numbers


def last_decided_at(conn: Connection[Any], workspace: str) -> datetime | None:
    """Return when an errand was last decided."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["last_decided"], {"workspace": workspace}).fetchone()


def find(conn: Connection[Any], workspace: str, errand_id: int) -> Decision | None:
    """Return the decision about an errand."""
    parameters = {"workspace": workspace, "errand_id": errand_id}
    with conn.cursor(row_factory=class_row(Decision)) as cursor:
        return cursor.execute(SQL["decision"], parameters).fetchone()


def reasons_since(conn: Connection[Any], workspace: str, *, days: int) -> list[tuple[str, int]]:
    """Return why nobody was invited and how often, in the last days, the commonest first."""
    rows = conn.execute(SQL["reasons_since"], {"workspace": workspace, "days": days}).fetchall()
    return [(reason, number) for reason, number in rows]


def now(conn: Connection[Any]) -> datetime:
    """Return the time by the clock of the database."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["now"]).fetchall()[0]  # type: ignore[no-any-return]
