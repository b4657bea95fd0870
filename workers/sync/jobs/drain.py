"""Drains one family of one workspace: claims a batch, fetches it and writes it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from queue import Empty, SimpleQueue

import psycopg
import structlog

from workers.clients.transport import send_deadline
from workers.database import Connection, Transaction, advisory_locks, connections
from workers.sync.jobs import failure_policy, fetch_outcomes, settle
from workers.sync.jobs.failure_policy import FamilyHealth
from workers.sync.jobs.family_spec import FamilySpec
from workers.sync.jobs.fetch_outcomes import Failed, Outcome
from workers.sync.rules import retry_policy
from workers.sync.store import activity, landed, polls, wanted
from workers.sync.store.polls import PauseState
from workers.sync.store.wanted import Claim, Claimed

log = structlog.get_logger(__name__)

GROUP_WAIT_S = 0.2  # how long the first outcome of a group waits for others
MAX_CONSECUTIVE_FAILURES = 8  # then the server is down, or refuses the family
Finished = tuple[Claimed, Outcome | None]  # None: not tried


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainResult:
    """How much one drain claimed, and what became of it."""

    claimed: int
    outcomes: Mapping[str, int] = field(default_factory=dict)  # of fetches, by name
    more: bool  # another drain may find more to do at once


IDLE = DrainResult(claimed=0, more=False)


def drain(
    spec: FamilySpec, *, session: Transaction, fetchers: Executor, nudge_another: Callable[[], None]
) -> DrainResult:
    """Fetch and write one batch of due records.

    ``session`` yields a connection in autocommit mode; it holds the drain's slot. If the batch is
    full, another drain is nudged as soon as the server has answered. Does nothing while all slots
    are taken, or while the family is paused.
    """
    with session() as conn:
        on_free = partial(_release_stalled, conn, spec)
        name = f"drain/{spec.workspace}/{spec.family}"
        with advisory_locks.hold(conn, name, slots=spec.limits.max_drains, on_free=on_free) as slot:
            run = None if slot is None else _claim_batch(conn, spec, slot, nudge_another)
            if run is None:
                return IDLE
            try:
                run.run(fetchers)
            except psycopg.OperationalError:
                _want_unsettled(session, run)
                raise
            return DrainResult(claimed=len(run.claim.records), outcomes=run.outcomes, more=run.more)


def _release_stalled(conn: Connection, spec: FamilySpec, slot: int) -> None:
    wanted.release_stalled(
        conn,
        spec.workspace,
        spec.family,
        slot=slot,
        in_flight_s=spec.in_flight_s,
        max_tries=retry_policy.MAX_TRIES,
        success_window_s=retry_policy.SUCCESS_WINDOW_S,
    )


def _claim_batch(
    conn: Connection, spec: FamilySpec, slot: int, nudge_another: Callable[[], None]
) -> BatchRun | None:
    """Claim a batch, or one record as a probe when a pause has just ended."""
    state = polls.take_probe(conn, spec.workspace, spec.family, probe_s=retry_policy.PAUSE_S)
    if state is PauseState.PAUSED:
        return None
    probing = state is PauseState.MAY_PROBE
    # Measured before the claim: the lease cannot have begun earlier.
    lease_half_over_s = time.monotonic() + spec.limits.lease_s / 2
    with conn.transaction():
        claim = wanted.claim(
            conn,
            spec.workspace,
            spec.family,
            slot=slot,
            limit=1 if probing else spec.limits.batch_size,
            lease_s=spec.limits.lease_s,
            probing=probing,
        )
    if probing and not claim.records:
        polls.release_probe(conn, spec.workspace, spec.family)
    return BatchRun(
        spec,
        claim,
        conn,
        lease_half_over_s=lease_half_over_s,
        probing=probing,
        on_first_answer=nudge_another if claim.full and not probing else _do_nothing,
    )


def _do_nothing() -> None:
    """No other drain is needed."""


def _want_unsettled(session: Transaction, run: BatchRun) -> None:
    """Want the records that were perhaps fetched and not written.

    The slot was lost with the connection: another drain may have fetched and settled the same
    records, and our fetches may have cleared the change flags of changes that it did not see.
    """
    with suppress(psycopg.OperationalError), session() as conn:
        wanted.want(conn, run.spec.workspace, run.spec.family, run.unsettled)


class BatchRun:
    """Fetches and writes one claimed batch over one connection in autocommit mode."""

    def __init__(
        self,
        spec: FamilySpec,
        claim: Claim,
        conn: Connection,
        *,
        lease_half_over_s: float,
        probing: bool,
        on_first_answer: Callable[[], None],
    ) -> None:
        self.spec = spec
        self.claim = claim
        self.conn = conn
        self.lease_half_over_s = lease_half_over_s  # by time.monotonic(), as all times here
        self.paused = probing  # the first success ends the pause
        self.on_first_answer = on_first_answer  # called once, when the server has answered
        self.started_s = time.monotonic()
        self.connection_checked_s = self.started_s
        self.unsettled = {record.remote_id for record in claim.records}
        self.finished: SimpleQueue[Finished] = SimpleQueue()
        self.outcomes: Counter[str] = Counter()
        self.consecutive_failures = 0  # outages and refusals
        self.server_answered = False
        self.succeeded = False  # a record was fetched
        self.refusal: str | None = None
        self.stopped = False

    @property
    def fetch_deadline_s(self) -> float:
        """Return until when a request may be sent: until then no other drain has our records."""
        return min(self.lease_half_over_s, self.connection_checked_s + retry_policy.PING_VALID_S)

    @property
    def more(self) -> bool:
        """Return whether another drain may find more to do at once."""
        works = self.succeeded if self.refusal else self.server_answered
        return self.claim.full and works

    def run(self, fetchers: Executor) -> None:
        """Fetch all records, write groups as they come, release the records not tried.

        No fetch of this batch is running when it returns or raises.
        """
        fetches = [fetchers.submit(self._fetch, record) for record in self.claim.records]
        try:
            while self.unsettled:
                group = self._next_group()
                self._write([outcome for _, outcome in group if outcome])
                self._check_connection()
                self._release([record for record, outcome in group if not outcome])
                self.unsettled -= {record.remote_id for record, _ in group}
        finally:
            self.stopped = True
            wait(fetches)
            while not self.finished.empty():
                fetch_outcomes.close(self.finished.get()[1])

    def _fetch(self, claimed: Claimed) -> None:
        """Fetch one record in a thread, unless the deadline has passed.

        A fetch may clear a change flag at Cention, so none begins when another drain may soon have
        the record: what is not fetched in half of the lease is claimed again. The process may be
        suspended between this check and the request, so the client checks the deadline again.
        """
        now_s, deadline_s = time.monotonic(), self.fetch_deadline_s
        outcome = None
        if not self.stopped and now_s < deadline_s:
            fetched_at = self.claim.claimed_at + timedelta(seconds=now_s - self.started_s)
            with send_deadline(deadline_s):
                outcome = fetch_outcomes.fetch_record(self.spec, claimed, fetched_at=fetched_at)
        self.finished.put((claimed, outcome))

    def _next_group(self) -> list[Finished]:
        group = [self._first()]
        until_s = time.monotonic() + GROUP_WAIT_S
        while len(group) < min(len(self.unsettled), self.spec.limits.group_size):
            try:
                group.append(self._next(max(0.0, until_s - time.monotonic())))
            except Empty:
                break
        return group

    def _first(self) -> Finished:
        while True:
            try:
                return self._next(retry_policy.PING_EVERY_S)
            except Empty:
                self._check_connection()

    def _check_connection(self) -> None:
        """Check that our session is alive. Raises ``psycopg.OperationalError`` if it is not."""
        sent_s = time.monotonic()
        connections.ping(self.conn)
        self.connection_checked_s = sent_s

    def _next(self, timeout_s: float) -> Finished:
        finished = self.finished.get(timeout=timeout_s)
        if finished[1]:
            self._observe(finished[1])
        return finished

    def _observe(self, outcome: Outcome) -> None:
        """Update what is known of the server; too many failures in a row stop the batch."""
        self.outcomes[fetch_outcomes.NAMES[type(outcome)]] += 1
        refusal = failure_policy.refusal(outcome)
        if refusal or failure_policy.is_outage(outcome):
            self.refusal = refusal or self.refusal
            self.consecutive_failures += 1
            if self.consecutive_failures >= MAX_CONSECUTIVE_FAILURES:
                self.stopped = True
            return
        fetched = not isinstance(outcome, Failed)
        if fetched or not self.refusal:
            self.consecutive_failures = 0
        self.succeeded = self.succeeded or fetched
        if not self.server_answered:
            self.server_answered = True
            self.on_first_answer()

    def _write(self, group: Sequence[Outcome]) -> None:
        if not group:
            return
        try:
            health = self._family_health()
            written = settle.write(self.conn, self.spec, self.claim, group, health=health)
        finally:
            for outcome in group:
                fetch_outcomes.close(outcome)
        if written:
            workspace, family = self.spec.workspace, self.spec.family
            with activity.counts_that_may_fail(workspace, family):
                fetches = fetch_outcomes.tally(written)
                activity.count_fetches(self.conn, workspace, family, fetches)
        self._pause_or_resume(briefly=health.succeeded_just_now)

    def _family_health(self) -> FamilyHealth:
        return FamilyHealth(
            server_up=self.server_answered,
            succeeded_recently=self._succeeded_within(retry_policy.SUCCESS_WINDOW_S),
            succeeded_just_now=self._succeeded_within(retry_policy.RECENT_SUCCESS_S),
        )

    def _succeeded_within(self, seconds: float) -> bool:
        workspace, family = self.spec.workspace, self.spec.family
        return self.succeeded or landed.parsed_within(self.conn, workspace, family, seconds=seconds)

    def _pause_or_resume(self, *, briefly: bool) -> None:
        """Pause the family if no record of it was fetched and one was refused.

        ``briefly`` if a record was fetched just before this batch: perhaps only these records
        are refused.
        """
        workspace, family = self.spec.workspace, self.spec.family
        if self.succeeded:
            if self.paused and polls.resume(self.conn, workspace, family):
                log.info("family resumed", workspace=workspace, family=family)
            self.paused = False
        elif self.refusal:
            self.paused = True
            for_s = retry_policy.BRIEF_PAUSE_S if briefly else retry_policy.PAUSE_S
            polls.pause(self.conn, workspace, family, reason=self.refusal, for_s=for_s)
            log.warning("family paused", workspace=workspace, family=family, reason=self.refusal)

    def _release(self, records: Sequence[Claimed]) -> None:
        if records:
            with self.conn.transaction():
                ids = wanted.hold(self.conn, self.claim, [r.remote_id for r in records])
                wanted.release(self.conn, self.claim, sorted(ids))
