"""Drains one family of one workspace: claims batches, fetches them and writes them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import psycopg
import structlog

from workers.clients.fetch_loop import FetchLoop
from workers.database import Connection, Transaction, advisory_locks, connections
from workers.sync.jobs import fetch_outcomes, settle
from workers.sync.jobs.failure_policy import FamilyHealth
from workers.sync.jobs.family_spec import FamilySpec
from workers.sync.jobs.fetch_outcomes import Outcome
from workers.sync.jobs.fetching import Batch, Fetching, Finished
from workers.sync.rules import retry_policy
from workers.sync.store import activity, landed, polls, wanted
from workers.sync.store.polls import PauseState

log = structlog.get_logger(__name__)

GROUP_WAIT_S = 0.2  # how long the first outcome of a group waits for others
CLAIM_FOR_S = 5.0  # after this a drain claims no further batch: others wait for its process


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainResult:
    """How much one drain claimed, and what became of it."""

    claimed: int
    outcomes: Mapping[str, int] = field(default_factory=dict)  # of fetches, by name
    more: bool  # another drain may find more to do at once


IDLE = DrainResult(claimed=0, more=False)


def drain(
    spec: FamilySpec, *, session: Transaction, loop: FetchLoop, nudge_another: Callable[[], None]
) -> DrainResult:
    """Fetch and write due records: a batch, and further ones while each is full.

    ``session`` yields a connection in autocommit mode; it holds the drain's slot. If the first
    batch is full, another drain is nudged as soon as the server has answered. Does nothing while
    all slots are taken, or while the family is paused.
    """
    with session() as conn:
        on_free = partial(_release_stalled, conn, spec)
        name = f"drain/{spec.workspace}/{spec.family}"
        with advisory_locks.hold(conn, name, slots=spec.limits.max_drains, on_free=on_free) as slot:
            if slot is None:
                return IDLE
            run = DrainRun(spec, conn, slot, loop, nudge_another)
            try:
                run.run()
            except psycopg.OperationalError:
                _want_unsettled(session, run)
                raise
            return DrainResult(claimed=run.claimed, outcomes=run.server.outcomes, more=run.more)


def _release_stalled(conn: Connection, spec: FamilySpec, slots: Sequence[int]) -> None:
    wanted.release_stalled(
        conn,
        spec.workspace,
        spec.family,
        slots=slots,
        in_flight_s=spec.in_flight_s,
        max_tries=retry_policy.MAX_TRIES,
        success_window_s=retry_policy.SUCCESS_WINDOW_S,
    )


def _want_unsettled(session: Transaction, run: DrainRun) -> None:
    """Want the records that were perhaps fetched and not written.

    The slot was lost with the connection: another drain may have fetched and settled the same
    records, and our fetches may have cleared the change flags of changes that it did not see.
    """
    with suppress(psycopg.OperationalError), session() as conn:
        ids = {remote_id for _, remote_id in run.unsettled}
        wanted.want(conn, run.spec.workspace, run.spec.family, ids)


class DrainRun:
    """Claims, fetches and writes batches over one connection in autocommit mode.

    While one group is written, the rest of its batch and the next batch are fetched.
    """

    def __init__(
        self,
        spec: FamilySpec,
        conn: Connection,
        slot: int,
        loop: FetchLoop,
        nudge_another: Callable[[], None],
    ) -> None:
        self.spec = spec
        self.conn = conn
        self.slot = slot
        self.fetching = Fetching(spec, loop)
        self.server = self.fetching.server
        self.nudge_another: Callable[[], None] | None = nudge_another  # None: nudged
        self.claims_until_s = time.monotonic() + CLAIM_FOR_S
        # With fewer records than these to fetch and write, another batch is claimed.
        self.low = min(
            max(spec.limits.group_size, 2 * loop.concurrency), spec.limits.batch_size // 2
        )
        self.batches = 0
        self.claimed = 0
        self.may_be_more = False  # the last batch was full
        self.paused = False  # the first success ends the pause
        self.unsettled: set[tuple[UUID, int]] = set()  # claims, and ids of their records

    @property
    def more(self) -> bool:
        """Return whether another drain may find more to do at once."""
        return self.may_be_more and self.server.works

    def run(self) -> None:
        """Fetch all records, write groups as they come, release the records not tried.

        No fetch of this drain is running when it returns or raises.
        """
        try:
            self.claim(first=True)
            while self.unsettled:
                group = self._next_group()
                try:
                    if self._wants_another_batch(len(self.unsettled) - len(group)):
                        self.claim(first=False)
                    self.write(group)
                finally:
                    for finished in group:
                        fetch_outcomes.close(finished.outcome)
        finally:
            self.fetching.end()

    def claim(self, *, first: bool) -> None:
        """Claim a batch and begin to fetch it; as a first one, one record if a pause has ended."""
        workspace, family, limits = self.spec.workspace, self.spec.family, self.spec.limits
        state = polls.take_probe(self.conn, workspace, family, probe_s=retry_policy.PAUSE_S)
        probing = state is PauseState.MAY_PROBE
        if probing and not first:
            polls.release_probe(self.conn, workspace, family)
        if state is PauseState.PAUSED or (probing and not first):
            return
        # Measured before the claim: the lease cannot have begun earlier.
        sent_s = time.monotonic()
        with self.conn.transaction():
            claim = wanted.claim(
                self.conn,
                workspace,
                family,
                slot=self.slot,
                limit=1 if probing else limits.batch_size,
                lease_s=limits.lease_s,
                probing=probing,
            )
        if probing and not claim.records:
            polls.release_probe(self.conn, workspace, family)
        if probing or not claim.full:
            self.nudge_another = None
        self.batches += 1
        self.claimed += len(claim.records)
        self.may_be_more = claim.full
        self.paused = probing
        self.unsettled |= {(claim.token, record.remote_id) for record in claim.records}
        self.fetching.session_checked_s = sent_s
        self.fetching.add(
            Batch(
                claim=claim,
                claimed_s=time.monotonic(),
                lease_half_over_s=sent_s + limits.lease_s / 2,
            )
        )

    def _wants_another_batch(self, left: int) -> bool:
        """Return whether a batch is claimed before a group is written that leaves so many."""
        return (
            left <= self.low
            and self.more
            and not self.paused
            and not self.server.consecutive_failures
            and not self.fetching.stopped
            and self.batches < self.spec.limits.max_batches
            and time.monotonic() < self.claims_until_s
        )

    def _next_group(self) -> list[Finished]:
        while not (group := self.fetching.take(1, timeout_s=retry_policy.PING_EVERY_S)):
            self.check_connection()
        self._nudge_if_answered()
        rest = min(len(self.unsettled), self.spec.limits.group_size) - 1
        group += self.fetching.take(rest, enough=rest, timeout_s=GROUP_WAIT_S)
        self._nudge_if_answered()
        return group

    def _nudge_if_answered(self) -> None:
        if self.nudge_another and self.server.answered:
            self.nudge_another()
            self.nudge_another = None

    def check_connection(self) -> None:
        """Check that our session is alive. Raises ``psycopg.OperationalError`` if it is not."""
        sent_s = time.monotonic()
        connections.ping(self.conn)
        self.fetching.session_checked_s = sent_s

    def write(self, group: Sequence[Finished]) -> None:
        """Write what was fetched, then release what was not tried; each claim by itself."""
        by_batch: dict[Batch, list[Finished]] = defaultdict(list)
        for finished in group:
            by_batch[finished.batch].append(finished)
        for batch, some in by_batch.items():
            self._write(batch, [finished.outcome for finished in some if finished.outcome])
            self.check_connection()
            self._release(batch, [f.claimed.remote_id for f in some if not f.outcome])
            self.unsettled -= {(batch.claim.token, finished.claimed.remote_id) for finished in some}

    def _write(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        workspace, family = self.spec.workspace, self.spec.family
        health = self._family_health()
        written = settle.write(self.conn, self.spec, batch.claim, outcomes, health=health)
        if written:
            with activity.counts_that_may_fail(workspace, family):
                fetches = fetch_outcomes.tally(written)
                activity.count_fetches(self.conn, workspace, family, fetches)
        self._pause_or_resume(briefly=health.succeeded_just_now)

    def _family_health(self) -> FamilyHealth:
        return FamilyHealth(
            server_up=self.server.answered,
            succeeded_recently=self._succeeded_within(retry_policy.SUCCESS_WINDOW_S),
            succeeded_just_now=self._succeeded_within(retry_policy.RECENT_SUCCESS_S),
        )

    def _succeeded_within(self, seconds: float) -> bool:
        workspace, family = self.spec.workspace, self.spec.family
        return self.server.succeeded or landed.parsed_within(
            self.conn, workspace, family, seconds=seconds
        )

    def _pause_or_resume(self, *, briefly: bool) -> None:
        """Pause the family if no record of it was fetched and one was refused.

        ``briefly`` if a record was fetched just before this drain: perhaps only these records
        are refused.
        """
        workspace, family = self.spec.workspace, self.spec.family
        if self.server.succeeded:
            if self.paused and polls.resume(self.conn, workspace, family):
                log.info("family resumed", workspace=workspace, family=family)
            self.paused = False
        elif refusal := self.server.refusal:
            self.paused = True
            for_s = retry_policy.BRIEF_PAUSE_S if briefly else retry_policy.PAUSE_S
            polls.pause(self.conn, workspace, family, reason=refusal, for_s=for_s)
            log.warning("family paused", workspace=workspace, family=family, reason=refusal)

    def _release(self, batch: Batch, ids: Sequence[int]) -> None:
        if ids:
            with self.conn.transaction():
                held = wanted.hold(self.conn, batch.claim, ids)
                wanted.release(self.conn, batch.claim, sorted(held))
