"""Draining one family of one workspace: take a place, claim a batch, see it through."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg import Connection

from workers.database import Transaction, advisory_locks
from workers.sync.jobs.batch import Round
from workers.sync.jobs.family_spec import FamilySpec
from workers.sync.rules import retry_policy
from workers.sync.store import polls, wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainResult:
    """What one drain did."""

    claimed: int
    more: bool  # there may be more to do at once


IDLE = DrainResult(claimed=0, more=False)


def drain(
    plan: FamilySpec,
    *,
    session: Transaction,
    fetchers: Executor,
    call_colleague: Callable[[], None],
) -> DrainResult:
    """Fetch and write one batch of due records.

    ``session`` lends a connection in autocommit mode; it holds the drain's place. If the
    batch is full a colleague is called as soon as something has come through. Does nothing
    while all places are taken, or while Cention refuses the family.
    """
    with session() as conn:
        free = partial(_release, conn, plan)
        name = f"drain/{plan.workspace}/{plan.family}"
        with advisory_locks.hold(conn, name, slots=plan.places, on_free=free) as slot:
            round_ = None if slot is None else _begin(conn, plan, slot, call_colleague)
            if round_ is None:
                return IDLE
            try:
                round_.run(fetchers)
            except psycopg.OperationalError:
                _want_again(session, round_)
                raise
            return DrainResult(claimed=len(round_.claim.records), more=round_.more)


def _release(conn: Connection[Any], plan: FamilySpec, slot: int) -> None:
    wanted.release_stalled(
        conn,
        plan.workspace,
        plan.family,
        slot=slot,
        in_flight_s=plan.in_flight_s,
        max_tries=retry_policy.MAX_TRIES,
        proof_s=retry_policy.SUCCESS_WINDOW_S,
    )


def _begin(
    conn: Connection[Any], plan: FamilySpec, slot: int, call_colleague: Callable[[], None]
) -> Round | None:
    """Claim a batch; once a pause is over, one record, which shows whether the refusals are."""
    paused = polls.paused(conn, plan.workspace, plan.family, probe_s=retry_policy.PAUSE_S)
    if paused:
        return None
    probing = paused is False
    lent_until_s = time.monotonic() + plan.lease_s / 2  # from before the lease begins
    with conn.transaction():
        claim = wanted.claim(
            conn,
            plan.workspace,
            plan.family,
            slot=slot,
            limit=1 if probing else plan.batch,
            lease_s=plan.lease_s,
            probing=probing,
        )
    if probing and not claim.records:
        polls.release_probe(conn, plan.workspace, plan.family)
    calling = claim.full and not probing
    return Round(
        plan,
        claim,
        conn,
        lent_until_s=lent_until_s,
        probing=probing,
        when_through=call_colleague if calling else _call_nobody,
    )


def _want_again(session: Transaction, round_: Round) -> None:
    """Want what was perhaps fetched and not written.

    With our connection our place was lost: another may have fetched and finished the same
    records, and our fetches may have cleared the flags of changes that it did not see.
    """
    plan = round_.plan
    with suppress(psycopg.OperationalError), session() as conn:
        wanted.want(conn, plan.workspace, plan.family, round_.unsettled)


def _call_nobody() -> None:
    """There is nothing for a colleague to do."""
