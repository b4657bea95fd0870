"""What follows from the outcome of asking a vendor, for the invitation and for the vendor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from workers.clients.surveys.outcomes import (
    Outcome,
    Refused,
    SurelyNotSent,
    Triggered,
    Unknown,
    VendorRefusesUs,
)
from workers.surveys.jobs.claim import PAUSE, Claimed
from workers.surveys.rules.carrier import carrier_of
from workers.surveys.store import invitations, vendors
from workers.surveys.store.invitations import Settlement

FIRST_WAIT_S = 15.0  # after the first failure; doubled each time
LONGEST_WAIT_S = 600.0


def settle(
    conn: Connection[Any],
    workspace: str,
    outcomes: Mapping[int, tuple[Claimed, Outcome]],
    *,
    run: UUID,
    now: datetime,
) -> None:
    """Record the outcomes of invitations by their number, and pause the vendors that refuse us."""
    settlements = [settlement_of(one, outcome, now=now) for one, outcome in outcomes.values()]
    with conn.transaction():
        for one, outcome in sorted(outcomes.values(), key=lambda pair: pair[0].invitation.vendor):
            _settle_vendor(conn, workspace, one, outcome, now)
        invitations.settle(conn, workspace, settlements, run=run, now=now)


def settlement_of(one: Claimed, outcome: Outcome, *, now: datetime) -> Settlement:
    """Return the next state of an invitation."""
    match outcome:
        case Triggered():
            return _settlement(one, "triggered", remote_id=outcome.remote_id, problem=outcome.note)
        case Refused() if one.others:
            vendor, survey = one.others[0]
            return Settlement(
                invitation_id=one.invitation.invitation_id,
                state="due",
                vendor=vendor,
                survey=survey,
                due_at=now,
                problem=outcome.reason,
            )
        case Refused():
            return _settlement(one, "refused", problem=outcome.reason)
        case SurelyNotSent():
            due_at = now + wait_of(one, outcome)
            return _settlement(one, "due", due_at=due_at, problem=outcome.reason)
        case VendorRefusesUs():
            # Behind the others: if only its own survey is set up wrongly, they can go out.
            return _settlement(one, "due", due_at=now + PAUSE, problem=outcome.reason)
        case Unknown():
            return _settlement(one, "unknown", problem=outcome.reason)


def wait_of(one: Claimed, outcome: SurelyNotSent) -> timedelta:
    """Return how long to wait: longer after each failure, and as long as the vendor asks for."""
    doublings = min(one.invitation.tries, 10)  # before this one
    own_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**doublings)
    return timedelta(seconds=max(own_s, outcome.retry_after_s or 0))


def _settle_vendor(
    conn: Connection[Any], workspace: str, one: Claimed, outcome: Outcome, now: datetime
) -> None:
    vendor = carrier_of(one.invitation.vendor)
    if isinstance(outcome, VendorRefusesUs):
        vendors.pause(conn, workspace, vendor, until=now + PAUSE, reason=outcome.reason)
    elif isinstance(outcome, SurelyNotSent) and not outcome.only_this:
        vendors.wait(conn, workspace, vendor, until=now + wait_of(one, outcome))
    elif one.is_probe and not isinstance(outcome, Unknown):
        vendors.end_pause(conn, workspace, vendor)


def _settlement(one: Claimed, state: str, **more: Any) -> Settlement:
    return Settlement(
        invitation_id=one.invitation.invitation_id,
        state=state,
        vendor=one.invitation.vendor,
        survey=one.invitation.survey,
        **more,
    )
