"""A drain that runs step by step, so that anything may happen between two steps."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

import psycopg

from workers.clients.fetch_loop import FetchLoop
from workers.database import Connection, Transaction, advisory_locks
from workers.sync.jobs import drain as draining
from workers.sync.jobs.drain import DrainRun
from workers.sync.jobs.family_spec import FamilySpec
from workers.sync.jobs.fetch_outcomes import NotFound, Parsed, Unparseable
from workers.sync.jobs.fetching import Batch, Finished
from workers.sync.store.wanted import Claimed

DATED = (Parsed, Unparseable, NotFound)


class _NoLoop:
    """Begins no fetch by itself; takes the batches whose fetches should begin."""

    concurrency = 1

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def call(self, _: Any, batch: Batch) -> None:
        self.batches.append(batch)


class Drain:
    """Calls the functions of ``workers.sync.jobs.drain.drain`` in the same order."""

    def __init__(self, name: str, conn: Connection, session: Transaction) -> None:
        self.name = name
        self.conn = conn
        self.session = session  # provides a new connection
        self.run: DrainRun | None = None
        self.loop = _NoLoop()
        self.batches: dict[int, Batch] = {}  # of each claimed errand
        self.not_fetched: list[Claimed] = []
        self.finished: list[Finished] = []
        self.slot_lock = ExitStack()
        self.under_way: list[Claimed] = []
        self.is_cut = False
        self.is_suspended = False  # for longer than a lease, right after a deadline check

    def __repr__(self) -> str:
        return f"drain {self.name}"

    def start(self, spec: FamilySpec) -> str:
        """Take a slot and claim a batch; return what happened, in words."""
        free = partial(draining._release_stalled, self.conn, spec)
        name = f"drain/{spec.workspace}/{spec.family}"
        slot = self.slot_lock.enter_context(
            advisory_locks.hold(self.conn, name, slots=spec.limits.max_drains, on_free=free)
        )
        if slot is None:
            self.slot_lock.close()
            return "finds no free slot"
        self.run = DrainRun(spec, self.conn, slot, cast(FetchLoop, self.loop), lambda: None)
        claims = self._claim(first=True)
        if not claims:
            paused = not self.run.batches
            self._end()
            return "finds the family paused" if paused else "finds nothing to do"
        return f"takes slot {slot} and claims {claims}"

    def claim_more(self) -> str:
        """Claim another batch, though some records are not written yet."""
        try:
            claims = self._claim(first=False)
        except psycopg.OperationalError:
            return self._fail()
        return f"claims {claims} too" if claims else "finds nothing more"

    def _claim(self, *, first: bool) -> str:
        assert self.run
        self.run.claim(first=first)
        begun, self.loop.batches = self.loop.batches, []
        claimed = [one for batch in begun for one in batch.claim.records]
        self.batches |= {one.remote_id: batch for batch in begun for one in batch.claim.records}
        self.not_fetched += sorted(claimed, key=lambda one: one.remote_id)
        return " and ".join(f"errand {one.remote_id}" for one in claimed)

    def fetch(self, claimed: Claimed) -> None:
        """Fetch one record, as its loop does."""
        self.not_fetched.remove(claimed)
        self._fetch(claimed)

    def _fetch(self, claimed: Claimed) -> None:
        assert self.run
        batch = self.batches[claimed.remote_id]
        requested_at = max(self._database_time(), batch.claim.claimed_at)
        finished = asyncio.run(self.run.fetching._fetch(batch, claimed))
        if isinstance(finished.outcome, DATED):  # the two clocks agree exactly
            outcome = replace(finished.outcome, fetched_at=requested_at)
            finished = replace(finished, outcome=outcome)
        self.finished.append(finished)

    def _database_time(self) -> datetime:
        with self.session() as conn:
            return cast(datetime, conn.execute("SELECT clock_timestamp()").fetchall()[0][0])

    def begin_slow_fetch(self, claimed: Claimed) -> bool:
        """Begin a fetch whose request is delayed; return false if the deadline has passed."""
        assert self.run
        deadline_s = self.run.fetching.deadline_s(self.batches[claimed.remote_id])
        if self.run.fetching.stopped or time.monotonic() >= deadline_s:
            return False
        self.not_fetched.remove(claimed)
        self.under_way.append(claimed)
        return True

    def finish_slow_fetch(self, claimed: Claimed) -> None:
        """Let a delayed request reach Cention, and receive its answer."""
        assert self.run
        self.under_way.remove(claimed)
        fetching, batch = self.run.fetching, self.batches[claimed.remote_id]
        times = batch.lease_half_over_s, fetching.session_checked_s
        stopped = fetching.stopped
        # The deadline was checked before the request.
        batch.lease_half_over_s = fetching.session_checked_s = math.inf
        fetching.stopped = False
        self._fetch(claimed)
        batch.lease_half_over_s, fetching.session_checked_s = times
        fetching.stopped = stopped or fetching.stopped

    def write(self) -> str:
        """Write the outcomes so far; the last group ends the drain."""
        run = self.run
        assert run
        group, self.finished = self.finished, []
        try:
            run.write(group)
        except psycopg.OperationalError:
            return self._fail()
        if not run.unsettled:
            self._end()
            return "writes its last outcomes, and is done"
        return "writes its outcomes so far"

    def _fail(self) -> str:
        assert self.run
        draining._want_unsettled(self.session, self.run)
        self._end()
        return "has lost its session, and wants all its errands again"

    def finish(self) -> str:
        """Fetch all remaining records, and write them."""
        for claimed in list(self.under_way):
            self.finish_slow_fetch(claimed)
        for claimed in list(self.not_fetched):
            self.fetch(claimed)
        return self.write()

    def kill(self) -> list[int]:
        """Kill the process: only its claims remain; return the ids of its open requests."""
        open_ids = [claimed.remote_id for claimed in self.under_way]
        self._end()
        return open_ids

    def cut(self, closed: Connection) -> None:
        """End the session: the slot is free, and the process has not noticed yet."""
        assert self.run
        self.slot_lock.close()
        self.run.conn = closed
        self.is_cut = True

    def lose_time(self, seconds: float) -> None:
        """Let this process lose so much time."""
        assert self.run
        for batch in set(self.batches.values()):
            batch.lease_half_over_s -= seconds
        self.run.fetching.session_checked_s -= seconds

    def _end(self) -> None:
        self.slot_lock.close()
        self.slot_lock = ExitStack()
        self.run = None
        self.batches = {}
        self.not_fetched = []
        self.finished = []
        self.under_way = []
        self.is_cut = False
        self.is_suspended = False

    @property
    def has_outcomes(self) -> bool:
        """Return whether an outcome waits to be written."""
        return self.run is not None and bool(self.finished)

    @property
    def unsettled_ids(self) -> set[int]:
        """Return the ids of claimed records that are neither written nor released."""
        return set(self.run.unsettled) if self.run else set()

    @property
    def tokens(self) -> list[UUID]:
        """Return the tokens of the claims of this drain."""
        return [batch.claim.token for batch in self.batches.values()]
