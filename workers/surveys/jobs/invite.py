"""Sends invitations that are due, each at most once: the intent is committed before the request.

A run holds an advisory lock in the session that records the outcomes. What a dead run was sending
is of unknown outcome, and is never sent again by itself.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from psycopg import Connection

from workers.clients.surveys.outcomes import Outcome, Refused, Unknown
from workers.database import Transaction, advisory_locks
from workers.surveys.jobs.claim import Claimed, Claimer
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.surveys.jobs.settlement import settle
from workers.surveys.jobs.vendor_requests import Accounts
from workers.surveys.store import decisions, invitations

log = structlog.get_logger(__name__)

AT_ONCE = 16  # requests of one run
RUNS = 2  # of one workspace, over all machines
SEND_WITHIN_S = 15.0  # of the claim; nothing leaves later
CLAIM_FOR_S = 30.0  # then another run goes on
MISSING_AFTER_S = 600.0  # since the request; before it an operator cannot know

Clock = Callable[[Connection[Any]], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteResult:
    """How many requests there were, by outcome, and whether more may be due."""

    numbers: Mapping[str, int]
    more: bool


def invite(
    workspace: SurveyWorkspace,
    accounts: Accounts,
    *,
    session: Transaction,
    threads: Executor,
    clock: Clock = decisions.now,
) -> InviteResult | None:
    """Send the invitations of a workspace that are due; ``None`` if enough others do.

    ``session`` lends a connection in autocommit mode; ``threads`` has ``AT_ONCE`` threads.
    """
    run = uuid4()
    with session() as conn:
        mark_abandoned_unknown(conn)
        with advisory_locks.hold(conn, f"surveys/invite/{workspace.name}", slots=RUNS) as slot:
            if slot is None:
                return None
            vendors = [vendor.value for vendor in accounts]
            invitations.withdraw_overdue(conn, workspace.name, vendors, now=clock(conn))
            with advisory_locks.hold(conn, _lock(run), slots=1):
                claimer = Claimer(workspace=workspace, accounts=accounts, run=run)
                return _Run(conn=conn, claimer=claimer, threads=threads, clock=clock).until_done()


def mark_abandoned_unknown(conn: Connection[Any]) -> None:
    """Mark what dead runs were sending as of unknown outcome."""
    for run in invitations.senders(conn):
        with advisory_locks.hold(conn, _lock(run), slots=1) as slot:
            if slot is not None:
                invitations.mark_unknown(conn, run)


def _lock(run: UUID) -> str:
    return f"surveys/sending/{run}"


@dataclass(slots=True, kw_only=True)
class _Run:
    conn: Connection[Any]
    claimer: Claimer
    threads: Executor
    clock: Clock
    sending: dict[Future[Outcome], Claimed] = field(default_factory=dict)
    numbers: Counter[str] = field(default_factory=Counter)

    def until_done(self) -> InviteResult:
        """Claim, send and settle until nothing is due, or for long enough."""
        claim_until_s = time.monotonic() + CLAIM_FOR_S
        more = True
        try:
            while True:
                in_time = time.monotonic() < claim_until_s
                if more and in_time:
                    more = self._claim()
                if not self.sending and not (more and in_time):
                    return self._result(more=more)
                if self.sending:
                    more |= self._settle(wait(self.sending, return_when=FIRST_COMPLETED).done)
        finally:
            if self.sending:  # a claim failed: what was sent still counts
                self._settle(wait(self.sending).done)

    def _result(self, *, more: bool) -> InviteResult:
        if self.numbers:
            log.info("vendors asked", workspace=self.claimer.workspace.name, **self.numbers)
        return InviteResult(numbers=self.numbers, more=more)

    def _claim(self) -> bool:
        """Send as much as there are free threads; return whether anything was due."""
        send_until_s = time.monotonic() + SEND_WITHIN_S
        claims = self.claimer.claim(
            self.conn,
            AT_ONCE,
            in_flight=Counter(one.vendor for one in self.sending.values()),
            now=self.clock(self.conn),
        )
        for one in claims.claimed:
            ask = self.claimer.accounts[one.vendor].ask
            future = self.threads.submit(ask, one.invitation, send_until_s)
            self.sending[future] = one
        return claims.examined > 0 or claims.held_back

    def _settle(self, done: set[Future[Outcome]]) -> bool:
        """Record what became of requests; return whether one goes to another vendor now."""
        outcomes = {}
        for future in done:
            one = self.sending.pop(future)
            outcomes[one.invitation.invitation_id] = (one, _outcome(future))
        name = self.claimer.workspace.name
        settle(self.conn, name, outcomes, run=self.claimer.run, now=self.clock(self.conn))
        self.numbers.update(type(outcome).__name__ for _, outcome in outcomes.values())
        return any(isinstance(o, Refused) and one.others for one, o in outcomes.values())


def _outcome(future: Future[Outcome]) -> Outcome:
    error = future.exception()
    if error is None:
        return future.result()
    # A fault of ours, at any point of the request.
    return Unknown(reason=f"the request failed here: {type(error).__name__}")
