"""One batch between its claim and its settlement: fetched by threads, written in groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

import structlog
from psycopg import Connection

from workers.jobs import outcomes, settling, verdicts
from workers.jobs.outcomes import Outcome, Understood
from workers.jobs.plans import Plan
from workers.rules import patience
from workers.store import polls, wanted
from workers.store.wanted import Claim, Claimed

log = structlog.get_logger(__name__)

GATHER_S = 0.2  # how long the first of a group waits for others
GIVE_UP_AFTER = 8  # failures in a row that say that the whole server is away
Fetch = Future[Outcome | None]  # None: not tried


class Round:
    """Fetches and writes one claimed batch over one connection in autocommit mode."""

    def __init__(
        self,
        plan: Plan,
        claim: Claim,
        conn: Connection[Any],
        *,
        probing: bool,
        when_through: Callable[[], None],
    ) -> None:
        self.plan = plan
        self.claim = claim
        self.conn = conn
        self.probing = probing  # of a pause that is over
        self.when_through = when_through  # called once, as soon as something has come through
        self.started_s = time.monotonic()
        self.unsettled = {record.remote_id for record in claim.records}
        self.finished: SimpleQueue[tuple[Claimed, Fetch]] = SimpleQueue()
        self.outages_in_a_row = 0
        self.came_through = False
        self.refusal: str | None = None

    def run(self, fetchers: Executor) -> None:
        """Fetch everything, writing groups as they come; give back what was not tried.

        Whatever happens, none of its fetches is under way afterwards.
        """
        fetches = [self._submit(fetchers, record) for record in self.claim.records]
        try:
            while self.unsettled:
                group = [(record, result(fetch)) for record, fetch in self._gather()]
                self._write([outcome for _, outcome in group if outcome])
                self._give_back([record for record, outcome in group if outcome is None])
                self.unsettled -= {record.remote_id for record, _ in group}
                if self._should_stop():
                    cancel(fetches)
        finally:
            cancel(fetches)
            wait(fetches)
            for fetch in fetches:
                close(result(fetch))

    def _submit(self, fetchers: Executor, record: Claimed) -> Fetch:
        fetch = fetchers.submit(self._bring, record)
        fetch.add_done_callback(lambda done: self.finished.put((record, done)))
        return fetch

    def _bring(self, claimed: Claimed) -> Outcome | None:
        if self._is_late():
            return None
        elapsed = timedelta(seconds=time.monotonic() - self.started_s)
        return outcomes.bring(self.plan, claimed, fetched_at=self.claim.claimed_at + elapsed)

    def _gather(self) -> list[tuple[Claimed, Fetch]]:
        group = [self.finished.get()]
        until_s = time.monotonic() + GATHER_S
        while len(group) < min(len(self.unsettled), self.plan.group):
            try:
                group.append(self.finished.get(timeout=max(0.0, until_s - time.monotonic())))
            except Empty:
                break
        return group

    def _write(self, group: Sequence[Outcome]) -> None:
        for outcome in group:
            self._take_note(outcome)
        try:
            if group:
                outage = not self.came_through
                settling.write(self.conn, self.plan, self.claim, group, outage=outage)
        finally:
            for outcome in group:
                close(outcome)
        self._pause_or_resume()

    def _take_note(self, outcome: Outcome) -> None:
        if verdicts.is_outage(outcome):
            self.outages_in_a_row += 1
            return
        self.outages_in_a_row = 0
        refusal = verdicts.refusal(outcome)
        self.refusal = self.refusal or refusal
        if refusal is None and not self.came_through:
            self.came_through = True
            self.when_through()

    def _pause_or_resume(self) -> None:
        workspace, family = self.plan.workspace, self.plan.family
        if self.refusal:
            log.warning("family paused", workspace=workspace, family=family, reason=self.refusal)
            polls.pause(self.conn, workspace, family, reason=self.refusal, for_s=patience.PAUSE_S)
        elif self.probing and self.came_through and polls.resume(self.conn, workspace, family):
            log.info("family resumed", workspace=workspace, family=family)

    def _give_back(self, records: Sequence[Claimed]) -> None:
        if records:
            with self.conn.transaction():
                ids = wanted.hold(self.conn, self.claim, [r.remote_id for r in records])
                wanted.give_back(self.conn, self.claim, sorted(ids))

    def _should_stop(self) -> bool:
        gave_up = self.outages_in_a_row >= GIVE_UP_AFTER
        return gave_up or self.refusal is not None or self._is_late()

    def _is_late(self) -> bool:
        """What is not fetched in half of the lease is better claimed anew.

        A fetch may clear a flag at Cention, so none begins when somebody else may have the record.
        """
        return time.monotonic() - self.started_s > self.plan.lease_s / 2


def cancel(fetches: Sequence[Fetch]) -> None:
    """Cancel what has not begun."""
    for fetch in fetches:
        fetch.cancel()


def result(fetch: Fetch) -> Outcome | None:
    """Return what came of a fetch that is done; ``None`` if it was not tried."""
    return None if fetch.cancelled() else fetch.result()


def close(outcome: Outcome | None) -> None:
    """Throw away what was brought, once it is written or never will be."""
    if isinstance(outcome, Understood):
        outcome.brought.close()
