"""Cention, three drains and a real database, and their invariants."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import class_row

from schemas.cention.errand_reports import read_changed_errands
from tests.model.cention import ANSWERS, Cention, Errand
from tests.model.drains import Drain
from workers.config.names import Family
from workers.database import Connection
from workers.sync.jobs.families import errand_reports_spec
from workers.sync.jobs.family_spec import DrainLimits
from workers.sync.jobs.poll import ChangedList, poll
from workers.sync.store import errand_reports, wanted

FAMILY = Family.ERRAND_REPORTS
ERRANDS = 2
DRAINS = "ABC"
LEASE_S = 300.0
MAX_SETTLING_ROUNDS = 40

SEEN = """
SELECT e.remote_id, w.remote_id IS NOT NULL AS listed, w.claim IS NOT NULL AS claimed,
       w.parked_at IS NOT NULL AS parked, w.tries,
       coalesce(substring(errand.subject FROM '[0-9]+')::integer, 0) AS stored,
       coalesce(substring(landed.document::text FROM 'version ([0-9]+)')::integer, 0) AS landed,
       errand.sla_fetched_at IS NOT NULL AND NOT errand.sla_pending AS has_sla,
       errand.gone_at IS NOT NULL AS gone,
       coalesce(substring(area.name FROM '[0-9]+')::integer, 0) AS area
FROM generate_series(1, %(errands)s::bigint) AS e (remote_id)
LEFT JOIN intake.wanted AS w
  ON w.workspace = %(workspace)s AND w.family = 'errand_reports' AND w.remote_id = e.remote_id
LEFT JOIN intake.landed AS landed
  ON landed.workspace = %(workspace)s AND landed.family = 'errand_reports'
  AND landed.remote_id = e.remote_id
LEFT JOIN cention.errand AS errand
  ON errand.workspace = %(workspace)s AND errand.errand_id = e.remote_id
LEFT JOIN cention.area AS area ON area.workspace = %(workspace)s
ORDER BY e.remote_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandState:
    """The state of one errand in the database."""

    remote_id: int
    listed: bool
    claimed: bool
    parked: bool
    tries: int
    stored: int  # version in the tables; 0: none
    landed: int  # version of the stored document
    has_sla: bool
    gone: bool
    area: int  # after which change the only area had this name


def answered(answer: dict[str, Any]) -> Future[dict[str, Any]]:
    """Return a request that has been answered."""
    future: Future[dict[str, Any]] = Future()
    future.set_result(answer)
    return future


class ModelConnections:
    """Connections that many worlds use one after the other."""

    def __init__(self, database: str) -> None:
        self.others = connection(database)  # for polls, callbacks, operators and changes of time
        self.drains = {name: connection(database) for name in DRAINS}
        self.closed = connection(database)
        self.closed.close()
        self.numbers = count(1)

    def close(self) -> None:
        for conn in (self.others, *self.drains.values()):
            conn.close()


@contextmanager
def open_model_connections(database: str) -> Iterator[ModelConnections]:
    """Open the connections, with back-off without randomness."""
    certain = wanted.SQL["release_stalled"].replace("random()", "1.0")
    with patch.dict(wanted.SQL, {"release_stalled": certain}):
        model_connections = ModelConnections(database)
        yield model_connections
        model_connections.close()


def connection(database: str) -> Connection:
    """Connect as workers do, but without waiting for commits to reach the disk."""
    options = "-c TimeZone=UTC -c jit=off -c synchronous_commit=off"
    return psycopg.connect(database, autocommit=True, options=options)


class World:
    """One workspace, never used before."""

    def __init__(self, model_connections: ModelConnections) -> None:
        self.model_connections = model_connections
        self.conn = model_connections.others
        self.workspace = f"world-{next(model_connections.numbers)}"
        self.cention = Cention(ERRANDS)
        self.drains = [
            Drain(name, conn, self.session) for name, conn in model_connections.drains.items()
        ]
        limits = DrainLimits(max_drains=len(DRAINS), lease_s=LEASE_S)
        self.spec = errand_reports_spec(
            self.workspace, self.cention, zone=ZoneInfo("UTC"), limits=limits
        )
        self.before: dict[int, ErrandState] = {}
        self.slow_poll: dict[str, Any] | None = None  # the list as it was when the request was sent

    @contextmanager
    def session(self) -> Iterator[Connection]:
        yield self.conn

    def start(self, drain: Drain) -> str:
        outcome = drain.start(self.spec)
        self._stop_the_clock()
        return outcome

    def claim_more(self, drain: Drain) -> str:
        outcome = drain.claim_more()
        self._stop_the_clock()
        return outcome

    def write(self, drain: Drain) -> str:
        outcome = drain.write()
        self._stop_the_clock()
        return outcome

    def finish(self, drain: Drain) -> str:
        outcome = drain.finish()
        self._stop_the_clock()
        return outcome

    def _stop_the_clock(self) -> None:
        """Prevent waits from ending by themselves on a slow machine."""
        self.change_list(
            "due_at = due_at + interval '1 year'",
            "due_at BETWEEN now() AND now() + interval '1 day'",
        )

    def poll(self, answer: dict[str, Any]) -> None:
        """Poll, with this answer as Cention's list."""
        changed = ChangedList(
            workspace=self.workspace,
            family=FAMILY,
            begin=lambda: answered(answer),
            parse=read_changed_errands,
            recently_gone=errand_reports.recently_gone_ids,
        )
        assert poll(changed, session=self.session) is not None

    def want(self, errand: Errand, *, at_once: bool = False) -> None:
        """Want an errand, as callbacks do, or due at once, as operators do."""
        want = wanted.want_now if at_once else wanted.want
        want(self.conn, self.workspace, FAMILY, [errand.errand_id])

    def change_list(self, assignments: str, condition: str = "true", **values: object) -> None:
        """Change rows of the list, as time or a failure does."""
        self.conn.execute(
            f"UPDATE intake.wanted SET {assignments}"  # type: ignore[arg-type]
            f" WHERE workspace = %(workspace)s AND {condition}",
            {"workspace": self.workspace, **values},
        )

    def fail_often(self, errand: Errand) -> None:
        """Let an errand be one failure away from being parked."""
        self.change_list("tries = 11", "remote_id = %(id)s AND claim IS NULL", id=errand.errand_id)

    def let_waiting_end(self) -> None:
        self.change_list(
            "due_at = least(due_at, now()), missing_since = missing_since - interval '1 hour'"
        )
        self.conn.execute(
            "UPDATE cention.errand SET gone_at = gone_at - interval '1 hour',"
            " fetched_at = fetched_at - interval '1 hour'"
            " WHERE workspace = %s AND gone_at IS NOT NULL",
            [self.workspace],
        )
        self.conn.execute(
            "UPDATE intake.pause SET until_at = now() WHERE workspace = %s", [self.workspace]
        )

    def let_doubts_end(self, *, though_suspended: bool = False) -> None:
        """Let all doubts end: by then every request in doubt has taken effect.

        Except one whose process is suspended between its deadline check and its request.
        """
        coming = [errand.errand_id for errand in self.cention.open_requests]
        for drain in self.drains:
            if drain.is_cut:
                drain.lose_time(LEASE_S)
            if though_suspended:
                drain.is_suspended = drain.is_suspended or bool(drain.under_way)
            else:
                coming += [claimed.remote_id for claimed in drain.under_way]
        self.change_list(
            "doubt_until = now(), due_at = least(due_at, now())",
            "doubt_until > now() AND NOT remote_id = ANY (%(coming)s)",
            coming=coming,
        )

    def kill(self, drain: Drain) -> None:
        """Kill a process; its open requests may still take effect."""
        for errand_id in drain.kill():
            self.cention.open_requests.append(self.cention.errands[errand_id - 1])

    def let_lease_end(self, drain: Drain) -> None:
        assert drain.run
        drain.lose_time(LEASE_S)
        self.change_list("claimed_until = now()", "claim = ANY (%(tokens)s)", tokens=drain.tokens)

    def states(self) -> dict[int, ErrandState]:
        """Return the state of each errand in the database by id."""
        with self.conn.cursor(row_factory=class_row(ErrandState)) as cursor:
            parameters = {"workspace": self.workspace, "errands": ERRANDS}
            return {seen.remote_id: seen for seen in cursor.execute(SEEN, parameters)}

    def check(self) -> None:
        """Fail unless all invariants hold."""
        now = self.states()
        for errand in self.cention.errands:
            self._check(errand, now[errand.errand_id])
        self.before = now

    def _check(self, errand: Errand, seen: ErrandState) -> None:
        before = self.before.get(errand.errand_id, seen)
        assert seen.stored >= before.stored, (
            f"{errand} went back from version {before.stored} to {seen.stored}"
        )
        assert seen.landed >= before.landed, (
            f"the document of {errand} went back from version {before.landed} to {seen.landed}"
        )
        assert seen.area >= before.area, (
            f"the area got the name back that it had after change {seen.area}"
        )
        holders = [drain for drain in self.drains if self._holds(drain, errand)]
        assert len(holders) <= 1, f"{errand} is held by {holders}"
        in_progress = any(errand.errand_id in drain.unsettled_ids for drain in self.drains)
        if errand.exists and not errand.flagged and not seen.listed and not in_progress:
            self._check_newest(errand, seen)

    def _check_newest(self, errand: Errand, seen: ErrandState) -> None:
        assert (seen.stored, seen.landed) == (errand.version, errand.version), (
            f"{errand} is lost: Cention has version {errand.version} and no flag, it is not wanted,"
            f" and we have version {seen.stored}"
        )
        assert seen.has_sla, f"the SLA of {errand} is lost"
        assert not seen.gone, f"{errand} is back, and still marked as gone"

    def _holds(self, drain: Drain, errand: Errand) -> bool:
        if drain.run is None or errand.errand_id not in drain.unsettled_ids:
            return False
        others = [other for other in self.drains if errand.errand_id in other.unsettled_ids]
        if len(others) == 1:
            return True
        claim = drain.batches[errand.errand_id].claim
        return bool(wanted.hold(self.conn, claim, [errand.errand_id]))

    def settle_down(self) -> None:
        """Run polls and drains without new changes until no work is left."""
        self.cention.reaction = ANSWERS
        for drain in self.drains:
            if drain.run:
                self.finish(drain)
                self.check()
        for errand in list(self.cention.open_requests):
            self.cention.take_effect(errand)
            self.check()
        for _ in range(MAX_SETTLING_ROUNDS):
            if not self._work_once():
                return
            self.check()
        raise AssertionError(f"work never ends: {self.states()}")

    def _work_once(self) -> bool:
        """Poll, let all waits end, drain; return whether there was anything to do."""
        self.let_waiting_end()
        self.poll(self.cention.changed())
        seen = self.states()
        for errand in self.cention.errands:
            if seen[errand.errand_id].parked:
                self.want(errand, at_once=True)
        self.let_waiting_end()
        self.let_doubts_end()
        drain = self.drains[0]
        self.start(drain)
        if drain.run:
            self.finish(drain)
        return any(one.listed for one in seen.values())
