"""Fetches the records that one drain has claimed, many at once, on the event loop of its process.

The drain's thread calls ``add``, ``take`` and ``end``; the loop runs what begins with ``_``.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from datetime import timedelta

from workers.clients.fetch_loop import FetchLoop
from workers.clients.transport import send_deadline
from workers.sync.jobs import failure_policy, fetch_outcomes
from workers.sync.jobs.family_spec import FamilySpec
from workers.sync.jobs.fetch_outcomes import Failed, Outcome
from workers.sync.rules import retry_policy
from workers.sync.store.wanted import Claim, Claimed

MAX_CONSECUTIVE_FAILURES = 8  # then the server is down, or refuses the family


@dataclass(eq=False, slots=True, kw_only=True)
class Batch:
    """A claim, and its times on the clock of ``time.monotonic()``, as all times here."""

    claim: Claim
    claimed_s: float
    lease_half_over_s: float


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a claimed record."""

    batch: Batch
    claimed: Claimed
    outcome: Outcome | None  # None: not tried


class ServerObservation:
    """What the outcomes of a drain say about the server so far."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.consecutive_failures = 0  # outages and refusals
        self.answered = False
        self.succeeded = False  # a record was fetched
        self.refusal: str | None = None

    @property
    def works(self) -> bool:
        """Return whether further requests may succeed."""
        return self.succeeded if self.refusal else self.answered

    def add(self, outcome: Outcome) -> None:
        """Take one outcome into account, in the order in which they come."""
        self.outcomes[fetch_outcomes.NAMES[type(outcome)]] += 1
        refusal = failure_policy.refusal(outcome)
        if refusal or failure_policy.is_outage(outcome):
            self.refusal = refusal or self.refusal
            self.consecutive_failures += 1
            return
        fetched = not isinstance(outcome, Failed)
        if fetched or not self.refusal:
            self.consecutive_failures = 0
        self.succeeded = self.succeeded or fetched
        self.answered = True


class Fetching:
    """The fetches of one drain: records go in as batches, and come out with their outcomes.

    As many are under way as ``loop`` allows. Too many failures in a row end it: what was not begun
    comes out untried.
    """

    def __init__(self, spec: FamilySpec, loop: FetchLoop) -> None:
        self.server = ServerObservation()
        self.session_checked_s = time.monotonic()  # the session that holds the slot was alive
        self.stopped = False
        self._spec = spec
        self._loop = loop
        self._waiting: deque[tuple[Batch, Claimed]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: deque[Finished] = deque()
        self._enough = 1  # finished ones, for which take() waits
        self._changed = threading.Condition()

    def add(self, batch: Batch) -> None:
        """Fetch the records of a batch after those of earlier ones."""
        self._loop.call(self._begin, batch)

    def take(self, most: int, *, timeout_s: float, enough: int = 1) -> list[Finished]:
        """Return up to ``most`` finished records, once ``enough`` are or the time is over."""
        with self._changed:
            self._enough = enough
            self._changed.wait_for(lambda: len(self._finished) >= enough, timeout_s)
            return [self._finished.popleft() for _ in range(min(most, len(self._finished)))]

    def end(self) -> None:
        """Begin no further fetch, wait for those under way, and drop what was not taken."""
        self.stopped = True
        self._loop.run(self._idle())
        for finished in self._finished:
            fetch_outcomes.close(finished.outcome)

    def deadline_s(self, batch: Batch) -> float:
        """Return until when its requests may be sent: until then no other drain has its records."""
        return min(batch.lease_half_over_s, self.session_checked_s + retry_policy.PING_VALID_S)

    def _begin(self, batch: Batch) -> None:
        self._waiting += [(batch, claimed) for claimed in batch.claim.records]
        # One that has ended may not have been discarded yet.
        under_way = sum(not task.done() for task in self._tasks)
        for _ in range(min(len(self._waiting), self._loop.concurrency - under_way)):
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        while self._waiting:
            finished = await self._fetch(*self._waiting.popleft())
            with self._changed:
                self._finished.append(finished)
                if len(self._finished) >= self._enough:
                    self._changed.notify()

    async def _fetch(self, batch: Batch, claimed: Claimed) -> Finished:
        """Fetch one record, unless the deadline has passed.

        A fetch may clear a change flag at Cention, so none begins when another drain may soon have
        the record: what is not fetched in half of the lease is claimed again. The process may be
        suspended between this check and the request, so the client checks the deadline again.
        """
        now_s, deadline_s = time.monotonic(), self.deadline_s(batch)
        if self.stopped or now_s >= deadline_s:
            return Finished(batch, claimed, None)
        fetched_at = batch.claim.claimed_at + timedelta(seconds=now_s - batch.claimed_s)
        with send_deadline(deadline_s):
            outcome = await fetch_outcomes.fetch_record(self._spec, claimed, fetched_at=fetched_at)
        self.server.add(outcome)
        if self.server.consecutive_failures >= MAX_CONSECUTIVE_FAILURES:
            self.stopped = True
        return Finished(batch, claimed, outcome)

    async def _idle(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)
