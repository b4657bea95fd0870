"""Draining one family of one workspace: take a place, claim a batch, see it through."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

from psycopg import Connection

from workers.jobs.plans import Plan
from workers.jobs.rounds import Round
from workers.rules import patience
from workers.store import Transaction, polls, slots, wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What one drain did."""

    claimed: int
    more: bool  # there may be more to do at once


IDLE = Drained(claimed=0, more=False)


def drain(
    plan: Plan, *, session: Transaction, fetchers: Executor, call_colleague: Callable[[], None]
) -> Drained:
    """Fetch and write one batch of due records.

    ``session`` lends a connection in autocommit mode; it holds the drain's place. If the
    batch is full a colleague is called before the fetching begins. Does nothing while all
    places are taken, or while Cention refuses the family.
    """
    with session() as conn:
        free = partial(_release, conn, plan)
        name = f"drain/{plan.workspace}/{plan.family}"
        with slots.held(conn, name, places=plan.places, on_free=free) as slot:
            if slot is None:
                return IDLE
            return _drain(conn, plan, slot, fetchers, call_colleague)


def _release(conn: Connection[Any], plan: Plan, slot: int) -> None:
    wanted.release_orphans(
        conn, plan.workspace, plan.family, slot=slot, max_tries=patience.MAX_TRIES
    )


def _drain(
    conn: Connection[Any],
    plan: Plan,
    slot: int,
    fetchers: Executor,
    call_colleague: Callable[[], None],
) -> Drained:
    paused = polls.paused(conn, plan.workspace, plan.family)
    if paused:
        return IDLE
    probing = paused is False  # the pause is over: one record shows whether the refusals are
    limit = 1 if probing else plan.batch
    with conn.transaction():
        claim = wanted.claim(
            conn, plan.workspace, plan.family, slot=slot, limit=limit, lease_s=plan.lease_s
        )
    full = len(claim.records) == limit
    if full and not probing:
        call_colleague()
    if claim.records:
        Round(plan, claim, conn, probing=probing).run(fetchers)
    return Drained(claimed=len(claim.records), more=full)
