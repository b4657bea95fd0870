"""One batch between its claim and its settlement: fetched by threads, written in groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, wait
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

import structlog
from psycopg import Connection

from workers.clients.transport import send_deadline
from workers.database import connections
from workers.sync.jobs import failure_policy, fetch_outcomes, settle
from workers.sync.jobs.failure_policy import Standing
from workers.sync.jobs.family_spec import FamilySpec
from workers.sync.jobs.fetch_outcomes import Failed, Outcome, Understood
from workers.sync.rules import retry_policy
from workers.sync.store import landed, polls, wanted
from workers.sync.store.wanted import Claim, Claimed

log = structlog.get_logger(__name__)

GATHER_S = 0.2  # how long the first of a group waits for others
GIVE_UP_AFTER = 8  # failures in a row that say that the whole server is away, or refuses the family
Finished = tuple[Claimed, Outcome | None]  # None: not tried


class Round:
    """Fetches and writes one claimed batch over one connection in autocommit mode."""

    def __init__(
        self,
        plan: FamilySpec,
        claim: Claim,
        conn: Connection[Any],
        *,
        lent_until_s: float,
        probing: bool,
        when_through: Callable[[], None],
    ) -> None:
        self.plan = plan
        self.claim = claim
        self.conn = conn
        self.lent_until_s = lent_until_s  # on the clock of time.monotonic()
        self.paused = probing  # the family, by us or by a pause that is over
        self.when_through = when_through  # called once, as soon as something has come through
        self.started_s = time.monotonic()
        self.proven_s = self.started_s  # when our session was last seen alive
        self.unsettled = {record.remote_id for record in claim.records}
        self.finished: SimpleQueue[Finished] = SimpleQueue()
        self.in_vain = 0  # outages and refusals in a row
        self.came_through = False  # the server has answered something
        self.succeeded = False  # a record was fetched
        self.refusal: str | None = None
        self.stopped = False

    @property
    def fetch_until_s(self) -> float:
        """Until when a request may be sent: nobody else can have our records yet."""
        return min(self.lent_until_s, self.proven_s + retry_policy.PING_VALID_S)

    @property
    def more(self) -> bool:
        """Whether there may be more to do at once."""
        through = self.succeeded if self.refusal else self.came_through
        return self.claim.full and through

    def run(self, fetchers: Executor) -> None:
        """Fetch everything, writing groups as they come; give back what was not tried.

        Whatever happens, none of its fetches is under way afterwards.
        """
        fetches = [fetchers.submit(self._fetch, record) for record in self.claim.records]
        try:
            while self.unsettled:
                group = self._gather()
                self._write([outcome for _, outcome in group if outcome])
                self._prove()
                self._give_back([record for record, outcome in group if not outcome])
                self.unsettled -= {record.remote_id for record, _ in group}
        finally:
            self.stopped = True
            wait(fetches)
            while not self.finished.empty():
                close(self.finished.get()[1])

    def _fetch(self, claimed: Claimed) -> None:
        """Fetch one record in a thread, unless it is too late.

        A fetch may clear a flag at Cention, so none begins when somebody else may soon have the
        record: what is not fetched in half of the lease is better claimed anew. A process may be
        frozen between this look at the clock and its request, so the client looks once more.
        """
        now_s, until_s = time.monotonic(), self.fetch_until_s
        outcome = None
        if not self.stopped and now_s < until_s:
            fetched_at = self.claim.claimed_at + timedelta(seconds=now_s - self.started_s)
            with send_deadline(until_s):
                outcome = fetch_outcomes.bring(self.plan, claimed, fetched_at=fetched_at)
        self.finished.put((claimed, outcome))

    def _gather(self) -> list[Finished]:
        group = [self._first()]
        until_s = time.monotonic() + GATHER_S
        while len(group) < min(len(self.unsettled), self.plan.group):
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
                self._prove()

    def _prove(self) -> None:
        """See that our session is alive. Raises ``psycopg.OperationalError`` if it is not."""
        asked_s = time.monotonic()
        connections.ping(self.conn)
        self.proven_s = asked_s

    def _next(self, timeout_s: float) -> Finished:
        finished = self.finished.get(timeout=timeout_s)
        if finished[1]:
            self._take_note(finished[1])
        return finished

    def _take_note(self, outcome: Outcome) -> None:
        refusal = failure_policy.refusal(outcome)
        if refusal or failure_policy.is_outage(outcome):
            self.refusal = refusal or self.refusal
            self.in_vain += 1
            self.stopped = self.stopped or self.in_vain >= GIVE_UP_AFTER
            return
        fetched = not isinstance(outcome, Failed)
        if fetched or not self.refusal:
            self.in_vain = 0
        self.succeeded = self.succeeded or fetched
        if not self.came_through:
            self.came_through = True
            self.when_through()

    def _write(self, group: Sequence[Outcome]) -> None:
        if not group:
            return
        try:
            standing = self._standing()
            settle.write(self.conn, self.plan, self.claim, group, family=standing)
        finally:
            for outcome in group:
                close(outcome)
        self._pause_or_resume(lately=standing.lately)

    def _standing(self) -> Standing:
        return Standing(
            answers=self.came_through,
            succeeds=self._succeeded_within(retry_policy.SUCCESS_WINDOW_S),
            lately=self._succeeded_within(retry_policy.RECENT_SUCCESS_S),
        )

    def _succeeded_within(self, seconds: float) -> bool:
        workspace, family = self.plan.workspace, self.plan.family
        return self.succeeded or landed.parsed_within(self.conn, workspace, family, seconds=seconds)

    def _pause_or_resume(self, *, lately: bool) -> None:
        """Leave the family alone if nothing of it was fetched and something was refused.

        Only for moments if something was fetched lately: it may be no more than these records.
        """
        workspace, family = self.plan.workspace, self.plan.family
        if self.succeeded:
            if self.paused and polls.resume(self.conn, workspace, family):
                log.info("family resumed", workspace=workspace, family=family)
            self.paused = False
        elif self.refusal:
            self.paused = True
            for_s = retry_policy.BRIEF_PAUSE_S if lately else retry_policy.PAUSE_S
            polls.pause(self.conn, workspace, family, reason=self.refusal, for_s=for_s)
            log.warning("family paused", workspace=workspace, family=family, reason=self.refusal)

    def _give_back(self, records: Sequence[Claimed]) -> None:
        if records:
            with self.conn.transaction():
                ids = wanted.hold(self.conn, self.claim, [r.remote_id for r in records])
                wanted.release(self.conn, self.claim, sorted(ids))


def close(outcome: Outcome | None) -> None:
    """Throw away what was brought, once it is written or never will be."""
    if isinstance(outcome, Understood):
        outcome.brought.close()
