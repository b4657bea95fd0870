"""Writes the outcomes of a batch and settles their places on the list, in one transaction.

Here a confirmed 404 becomes ``gone_at``.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import structlog

from workers.database import Connection, permanent_errors
from workers.database.records import Fetched
from workers.sync.jobs import failure_policy
from workers.sync.jobs.failure_policy import FamilyHealth
from workers.sync.jobs.family_spec import FamilySpec
from workers.sync.jobs.fetch_outcomes import (
    Failed,
    NotFound,
    Outcome,
    Parsed,
    Refused,
    Unparseable,
)
from workers.sync.rules import retry_policy
from workers.sync.store import landed, wanted
from workers.sync.store.landed import Landing
from workers.sync.store.wanted import Claim

log = structlog.get_logger(__name__)


def write(
    conn: Connection,
    spec: FamilySpec,
    claim: Claim,
    outcomes: Sequence[Outcome],
    *,
    health: FamilyHealth,
) -> list[Outcome]:
    """Write a group of outcomes in one transaction; if Postgres rejects it, each one alone.

    Return what was written: without late outcomes, and those that Postgres rejects as failures.

    A record whose lease has ended is not written but wanted again: our fetch may have cleared
    the change flag of a change that the new holder's fetch did not see. That takes a statement of
    its own after the commit, because it locks records out of order.
    """
    try:
        with conn.transaction():
            late = _write(conn, spec, claim, outcomes, health=health)
        if late:
            log.info(
                "lease ended before the write, records wanted again",
                family=spec.family,
                records=len(late),
            )
            wanted.want(conn, spec.workspace, spec.family, late)
        return [o for o in outcomes if o.claimed.remote_id not in late]
    except Exception as error:
        if not permanent_errors.is_permanent(error):
            raise
        alone = [_downgraded(outcomes[0], error)] if len(outcomes) == 1 else outcomes
        return [
            written
            for outcome in alone
            for written in write(conn, spec, claim, [outcome], health=health)
        ]


def _downgraded(outcome: Outcome, error: Exception) -> Outcome:
    """Downgrade the outcome of a record that Postgres rejects.

    A parsed one keeps its document only; any other becomes a failure; a failure raises.
    """
    if isinstance(outcome, Failed):
        raise error
    log.warning(
        "record cannot be stored",
        error=permanent_errors.describe(error),
        remote_id=outcome.claimed.remote_id,
    )
    if isinstance(outcome, Parsed):
        return Unparseable(
            claimed=outcome.claimed,
            fetched_at=outcome.fetched_at,
            document=outcome.document,
            reason=permanent_errors.describe(error),
        )
    return Failed(claimed=outcome.claimed, error=error)


def _write(
    conn: Connection,
    spec: FamilySpec,
    claim: Claim,
    outcomes: Sequence[Outcome],
    *,
    health: FamilyHealth,
) -> set[int]:
    """Write the records that the claim still holds; return the ids of the others."""
    ids = {o.claimed.remote_id for o in outcomes}
    held_ids = wanted.hold(conn, claim, ids)
    held = [o for o in outcomes if o.claimed.remote_id in held_ids]
    _land(conn, spec, held)
    _save(conn, spec, held)
    _settle(conn, spec, claim, held, health=health)
    return ids - held_ids


def _land(conn: Connection, spec: FamilySpec, held: Sequence[Outcome]) -> None:
    documents = [
        Landing(
            remote_id=o.claimed.remote_id,
            document=o.document,
            fetched_at=o.fetched_at,
            problem=o.reason if isinstance(o, Unparseable) else None,
        )
        for o in held
        if isinstance(o, Parsed | Unparseable)
    ]
    if documents:
        landed.insert(conn, spec.workspace, spec.family, documents)


def _save(conn: Connection, spec: FamilySpec, held: Sequence[Outcome]) -> None:
    records = [
        Fetched(record=o.record, fetched_at=o.fetched_at) for o in held if isinstance(o, Parsed)
    ]
    if records:
        spec.save(conn, spec.workspace, records)
    for o in held:
        ids = [o.claimed.remote_id]
        if isinstance(o, NotFound) and failure_policy.is_confirmed(o):
            spec.mark_gone(conn, spec.workspace, ids, at=o.fetched_at)
        elif isinstance(o, Refused | Unparseable) and spec.mark_refused:
            spec.mark_refused(conn, spec.workspace, ids, reason=o.reason, at=o.fetched_at)


def _settle(
    conn: Connection,
    spec: FamilySpec,
    claim: Claim,
    held: Sequence[Outcome],
    *,
    health: FamilyHealth,
) -> None:
    done, incomplete, retries = [], [], []
    for outcome in held:
        retry = failure_policy.retry_decision(outcome, health=health, jitter=random.random())  # noqa: S311
        if retry:
            retries.append(retry)
        elif failure_policy.is_incomplete(outcome):
            incomplete.append(outcome.claimed)
        else:
            done.append(outcome.claimed)
    if done:
        wanted.settle(conn, claim, done)
    if incomplete:
        wanted.reschedule(conn, claim, incomplete, after_s=retry_policy.SLA_WAIT_S)
    if retries:
        wanted.postpone(conn, claim, retries, in_flight_s=spec.in_flight_s)
