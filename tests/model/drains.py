"""A drain that runs step by step, so that anything may happen between two steps."""

from __future__ import annotations

import math
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import cast

import psycopg

from workers.database import Connection, Transaction, advisory_locks
from workers.sync.jobs import drain as draining
from workers.sync.jobs.drain import BatchRun
from workers.sync.jobs.family_spec import FamilySpec
from workers.sync.jobs.fetch_outcomes import NotFound, Parsed, Unparseable
from workers.sync.store.wanted import Claimed

DATED = (Parsed, Unparseable, NotFound)


class Drain:
    """Calls the functions of ``workers.sync.jobs.drain.drain`` in the same order."""

    def __init__(self, name: str, conn: Connection, session: Transaction) -> None:
        self.name = name
        self.conn = conn
        self.session = session  # provides a new connection
        self.run: BatchRun | None = None
        self.not_fetched: list[Claimed] = []
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
        begun = draining._claim_batch(self.conn, spec, slot, draining._do_nothing)
        if begun is None or not begun.claim.records:
            self.slot_lock.close()
            return "finds nothing to do" if begun else "finds the family paused"
        self.run = begun
        self.not_fetched = sorted(begun.claim.records, key=lambda claimed: claimed.remote_id)
        claims = " and ".join(f"errand {claimed.remote_id}" for claimed in self.not_fetched)
        return f"takes slot {slot} and claims {claims}"

    def fetch(self, claimed: Claimed) -> None:
        """Fetch one record, as one of its threads does."""
        self.not_fetched.remove(claimed)
        self._fetch(claimed)

    def _fetch(self, claimed: Claimed) -> None:
        assert self.run
        requested_at = max(self._database_time(), self.run.claim.claimed_at)
        self.run._fetch(claimed)
        finished = self.run.finished
        *earlier, (_, outcome) = [finished.get() for _ in range(finished.qsize())]
        if isinstance(outcome, DATED):  # the two clocks agree exactly
            outcome = replace(outcome, fetched_at=requested_at)
        for one in (*earlier, (claimed, outcome)):
            finished.put(one)

    def _database_time(self) -> datetime:
        with self.session() as conn:
            return cast(datetime, conn.execute("SELECT clock_timestamp()").fetchall()[0][0])

    def begin_slow_fetch(self, claimed: Claimed) -> bool:
        """Begin a fetch whose request is delayed; return false if the deadline has passed."""
        assert self.run
        if self.run.stopped or time.monotonic() >= self.run.fetch_deadline_s:
            return False
        self.not_fetched.remove(claimed)
        self.under_way.append(claimed)
        return True

    def finish_slow_fetch(self, claimed: Claimed) -> None:
        """Let a delayed request reach Cention, and receive its answer."""
        assert self.run
        self.under_way.remove(claimed)
        times = self.run.lease_half_over_s, self.run.connection_checked_s
        stopped = self.run.stopped
        # The deadline was checked before the request.
        self.run.lease_half_over_s = self.run.connection_checked_s = math.inf
        self.run.stopped = False
        self._fetch(claimed)
        self.run.lease_half_over_s, self.run.connection_checked_s = times
        self.run.stopped = stopped or self.run.stopped

    def write(self) -> str:
        """Write the outcomes so far; the last group ends the drain."""
        run = self.run
        assert run
        group = [run._next(0.0) for _ in range(run.finished.qsize())]
        try:
            run._write([outcome for _, outcome in group if outcome])
            run._release([record for record, outcome in group if not outcome])
        except psycopg.OperationalError:
            draining._want_unsettled(self.session, run)
            self._end()
            return "cannot write, and wants all its errands again"
        run.unsettled -= {record.remote_id for record, _ in group}
        if not run.unsettled:
            self._end()
            return "writes its last outcomes, and is done"
        return "writes its outcomes so far"

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
        self.run.lease_half_over_s -= seconds
        self.run.connection_checked_s -= seconds

    def _end(self) -> None:
        self.slot_lock.close()
        self.slot_lock = ExitStack()
        self.run = None
        self.not_fetched = []
        self.under_way = []
        self.is_cut = False
        self.is_suspended = False

    @property
    def has_outcomes(self) -> bool:
        """Return whether an outcome waits to be written."""
        return self.run is not None and not self.run.finished.empty()

    @property
    def unsettled_ids(self) -> set[int]:
        """Return the ids of claimed records that are neither written nor released."""
        return set(self.run.unsettled) if self.run else set()
