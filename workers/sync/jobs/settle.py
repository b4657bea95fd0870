"""Writing what a drain brought home, and settling its claim, in one transaction."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import structlog
from psycopg import Connection

from workers.database import permanent_errors
from workers.database.records import Fetched
from workers.sync.jobs import failure_policy
from workers.sync.jobs.failure_policy import Standing
from workers.sync.jobs.family_spec import FamilySpec
from workers.sync.jobs.fetch_outcomes import Failed, Missing, Outcome, Understood, Unfit, Unreadable
from workers.sync.rules import retry_policy
from workers.sync.store import landed, wanted
from workers.sync.store.landed import Landing
from workers.sync.store.wanted import Claim

log = structlog.get_logger(__name__)


def write(
    conn: Connection[Any],
    plan: FamilySpec,
    claim: Claim,
    outcomes: Sequence[Outcome],
    *,
    family: Standing,
) -> None:
    """Write a group of outcomes in one transaction; one that poisons it is written alone.

    What came too late is wanted again: our fetch may have cleared the flag of a change that
    the new holder's fetch did not see. That is done apart, for it locks records out of order."""
    try:
        with conn.transaction():
            late = _write(conn, plan, claim, outcomes, family=family)
        if late:
            log.info("came too late, wanted again", family=plan.family, records=len(late))
            wanted.want(conn, plan.workspace, plan.family, late)
    except Exception as error:
        if not permanent_errors.is_permanent(error):
            raise
        harmless = [_without_poison(outcomes[0], error)] if len(outcomes) == 1 else outcomes
        for outcome in harmless:
            write(conn, plan, claim, [outcome], family=family)


def _without_poison(outcome: Outcome, error: Exception) -> Outcome:
    """Return the next harmless thing: keep the document only, or not even that."""
    if isinstance(outcome, Failed):
        raise error
    log.warning(permanent_errors.describe(error), remote_id=outcome.claimed.remote_id)
    if isinstance(outcome, Understood):
        return Unreadable(
            claimed=outcome.claimed,
            fetched_at=outcome.fetched_at,
            document=outcome.document,
            reason=permanent_errors.describe(error),
        )
    return Failed(claimed=outcome.claimed, error=error)


def _write(
    conn: Connection[Any],
    plan: FamilySpec,
    claim: Claim,
    outcomes: Sequence[Outcome],
    *,
    family: Standing,
) -> set[int]:
    """Write what the claim still holds; return the ids of what it holds no more."""
    ids = {o.claimed.remote_id for o in outcomes}
    held = wanted.hold(conn, claim, ids)
    ours = [o for o in outcomes if o.claimed.remote_id in held]
    _land(conn, plan, ours)
    _save(conn, plan, ours)
    _settle(conn, plan, claim, ours, family=family)
    return ids - held


def _land(conn: Connection[Any], plan: FamilySpec, ours: Sequence[Outcome]) -> None:
    documents = [
        Landing(
            remote_id=o.claimed.remote_id,
            document=o.document,
            fetched_at=o.fetched_at,
            problem=o.reason if isinstance(o, Unreadable) else None,
        )
        for o in ours
        if isinstance(o, Understood | Unreadable)
    ]
    if documents:
        landed.insert(conn, plan.workspace, plan.family, documents)


def _save(conn: Connection[Any], plan: FamilySpec, ours: Sequence[Outcome]) -> None:
    records = [
        Fetched(record=o.record, fetched_at=o.fetched_at) for o in ours if isinstance(o, Understood)
    ]
    if records:
        plan.save(conn, plan.workspace, records)
    for outcome in ours:
        ids = [outcome.claimed.remote_id]
        if isinstance(outcome, Missing) and failure_policy.is_confirmed(outcome):
            plan.mark_gone(conn, plan.workspace, ids, at=outcome.fetched_at)
        elif isinstance(outcome, Unfit | Unreadable) and plan.mark_rejected:
            plan.mark_rejected(
                conn, plan.workspace, ids, reason=outcome.reason, at=outcome.fetched_at
            )


def _settle(
    conn: Connection[Any],
    plan: FamilySpec,
    claim: Claim,
    ours: Sequence[Outcome],
    *,
    family: Standing,
) -> None:
    waiting = {
        o.claimed.remote_id: failure_policy.postponed(o, family=family, chance=random.random())  # noqa: S311 (spreads waits)
        for o in ours
    }
    postponed = [p for p in waiting.values() if p]
    settled = [o for o in ours if not waiting[o.claimed.remote_id]]
    incomplete = [o.claimed for o in settled if failure_policy.is_incomplete(o)]
    done = [o.claimed for o in settled if not failure_policy.is_incomplete(o)]
    if done:
        wanted.settle(conn, claim, done)
    if incomplete:
        wanted.reschedule(conn, claim, incomplete, after_s=retry_policy.SLA_WAIT_S)
    if postponed:
        wanted.postpone(conn, claim, postponed, in_flight_s=plan.in_flight_s)
