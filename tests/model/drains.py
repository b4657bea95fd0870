"""A drain that takes one step at a time, so that anything may happen between two of them."""

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
    """Does what ``workers.sync.jobs.drain.drain`` does, by the same functions in the same order."""

    def __init__(self, name: str, conn: Connection, session: Transaction) -> None:
        self.name = name
        self.conn = conn
        self.session = session  # lends a new connection
        self.run: BatchRun | None = None
        self.unasked: list[Claimed] = []
        self.place = ExitStack()
        self.under_way: list[Claimed] = []
        self.is_cut = False
        self.is_frozen = False  # for longer than a lease, having looked at the clock just before

    def __repr__(self) -> str:
        return f"drain {self.name}"

    def start(self, spec: FamilySpec) -> str:
        """Take a place and claim a batch; tell what came of it."""
        free = partial(draining._release_stalled, self.conn, spec)
        name = f"drain/{spec.workspace}/{spec.family}"
        slot = self.place.enter_context(
            advisory_locks.hold(self.conn, name, slots=spec.limits.max_drains, on_free=free)
        )
        if slot is None:
            self.place.close()
            return "finds no place"
        begun = draining._claim_batch(self.conn, spec, slot, draining._do_nothing)
        if begun is None or not begun.claim.records:
            self.place.close()
            return "finds nothing to do" if begun else "finds the family paused"
        self.run = begun
        self.unasked = sorted(begun.claim.records, key=lambda claimed: claimed.remote_id)
        claims = " and ".join(f"errand {claimed.remote_id}" for claimed in self.unasked)
        return f"takes place {slot} and claims {claims}"

    def fetch(self, claimed: Claimed) -> None:
        """Ask for one record and get the answer, as one of its threads does."""
        self.unasked.remove(claimed)
        self._fetch(claimed)

    def _fetch(self, claimed: Claimed) -> None:
        assert self.run
        asked_at = max(self._database_time(), self.run.claim.claimed_at)
        self.run._fetch(claimed)
        finished = self.run.finished
        *earlier, (_, outcome) = [finished.get() for _ in range(finished.qsize())]
        if isinstance(outcome, DATED):  # the drain's clock goes as the database's, to the tick
            outcome = replace(outcome, fetched_at=asked_at)
        for one in (*earlier, (claimed, outcome)):
            finished.put(one)

    def _database_time(self) -> datetime:
        with self.session() as conn:
            return cast(datetime, conn.execute("SELECT clock_timestamp()").fetchall()[0][0])

    def ask_slowly(self, claimed: Claimed) -> bool:
        """Begin a fetch whose request is long on its way; false if it is too late to begin."""
        assert self.run
        if self.run.stopped or time.monotonic() >= self.run.fetch_deadline_s:
            return False
        self.unasked.remove(claimed)
        self.under_way.append(claimed)
        return True

    def get_slow_answer(self, claimed: Claimed) -> None:
        """Let Cention take a request that was long on its way, and answer it."""
        assert self.run
        self.under_way.remove(claimed)
        times = self.run.lease_half_over_s, self.run.connection_checked_s
        stopped = self.run.stopped
        self.run.lease_half_over_s = self.run.connection_checked_s = math.inf  # as when it began
        self.run.stopped = False
        self._fetch(claimed)
        self.run.lease_half_over_s, self.run.connection_checked_s = times
        self.run.stopped = stopped or self.run.stopped

    def write(self) -> str:
        """Write what has come so far; the last group ends the drain."""
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
            return "writes what it brought, and is done"
        return "writes what it has so far"

    def finish(self) -> str:
        """Ask for all that is left, and write it."""
        for claimed in list(self.under_way):
            self.get_slow_answer(claimed)
        for claimed in list(self.unasked):
            self.fetch(claimed)
        return self.write()

    def kill(self) -> list[int]:
        """End the process: nothing of it is left but its claims; return what it had asked for."""
        asked = [claimed.remote_id for claimed in self.under_way]
        self._end()
        return asked

    def cut(self, closed: Connection) -> None:
        """End the session: the place is free, and the process does not know it yet."""
        assert self.run
        self.place.close()
        self.run.conn = closed
        self.is_cut = True

    def lose_time(self, seconds: float) -> None:
        """Let so much time pass for this process."""
        assert self.run
        self.run.lease_half_over_s -= seconds
        self.run.connection_checked_s -= seconds

    def _end(self) -> None:
        self.place.close()
        self.place = ExitStack()
        self.run = None
        self.unasked = []
        self.under_way = []
        self.is_cut = False
        self.is_frozen = False

    @property
    def has_brought(self) -> bool:
        """Tell whether something waits to be written."""
        return self.run is not None and not self.run.finished.empty()

    @property
    def in_hand(self) -> set[int]:
        """Return the ids of what it has claimed and neither written nor given back."""
        return set(self.run.unsettled) if self.run else set()
