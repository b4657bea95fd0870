"""What the history of errands costs in one session: versions, marks and counted minutes.

The rate of a drain swings by more than that on a busy machine; CPU time does so much less.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from schemas.cention.errand_reports import ErrandReport, read_errand_report
from tests.bench.servers import BenchServers
from tests.bench.table import Row
from workers.config.names import Family
from workers.database import Connection, connections
from workers.database.records import Fetched
from workers.sync.store import activity, errand_reports, errand_versions, metrics_due

SAMPLE = Path(__file__).parents[1] / "support" / "documents" / "errand_report_33.json"
GROUPS, GROUP_SIZE, ACTIONS, ROUNDS = 12, 100, 10, 4
KINDS = ("new errands", "changed errands")


def measure(servers: BenchServers) -> Generator[Row, None, dict[str, float]]:
    """Save groups of reports by turns with and without the history; the first round is not counted.

    Postgres' CPU is that of the session's process, as Linux counts it in nanoseconds. Return the
    CPU seconds that the history takes of both processes for 1,000 errands, by kind.
    """
    found: dict[tuple[str, bool], list[tuple[float, float]]] = defaultdict(list)
    with connections.connect(servers.database_url) as conn:
        conn.autocommit = True
        for turn in range(ROUNDS):
            for kind in KINDS:
                for with_history in (True, False) if turn % 2 else (False, True):
                    reports = _reports(turn, kind, with_history=with_history)
                    spent = _save(conn, reports, with_history=with_history)
                    if turn:
                        found[kind, with_history].append(spent)
    cost: dict[str, float] = defaultdict(float)
    for kind in KINDS:
        for position, process in enumerate(("Postgres", "worker")):
            with_, without = (
                statistics.median(one[position] for one in found[kind, with_history])
                for with_history in (True, False)
            )
            cost[kind] += with_ - without
            yield Row(
                f"CPU of {process} to save 1,000 {kind}",
                f"{with_ * 1000:.0f} ms with history, {without * 1000:.0f} ms without",
                f"{(with_ - without) * 1000:+.0f} ms",
            )
    return cost


def _save(
    conn: Connection, groups: Sequence[Sequence[Fetched[ErrandReport]]], *, with_history: bool
) -> tuple[float, float]:
    """Return the CPU seconds of Postgres and of this process for 1,000 reports."""
    conn.execute("TRUNCATE intake.metrics_due")  # each errand gets a mark
    before = _cpu_s(conn)
    with nullcontext() if with_history else _without_history(conn):
        for group in groups:
            with conn.transaction():
                errand_reports.save(conn, "demo", group)
            fetches = activity.Fetches(stored=len(group), by_status=Counter({"200": len(group)}))
            activity.count_fetches(conn, "demo", Family.ERRAND_REPORTS, fetches)
    postgres, worker = (now - then for now, then in zip(_cpu_s(conn), before, strict=True))
    saved = sum(map(len, groups))
    return postgres / saved * 1000, worker / saved * 1000


@contextmanager
def _without_history(conn: Connection) -> Iterator[None]:
    """Save neither versions nor marks, and count no minutes, while the block runs."""
    conn.execute("SET session_replication_role = replica")  # triggers do not fire
    with (
        patch.multiple(errand_versions, keep_present=_nothing, save_reports=_nothing),
        patch.object(activity, "count_fetches", _nothing),
        patch.object(metrics_due, "marked_together", lambda *_: nullcontext()),
    ):
        yield
    conn.execute("RESET session_replication_role")


def _nothing(*_arguments: Any) -> None: ...


def _cpu_s(conn: Connection) -> tuple[float, float]:
    counted = Path(f"/proc/{conn.info.backend_pid}/schedstat").read_text("ascii")
    return int(counted.split()[0]) / 1e9, time.process_time()


def _reports(turn: int, kind: str, *, with_history: bool) -> list[list[Fetched[ErrandReport]]]:
    """Return groups of reports; the changed errands of a turn are its new ones, an hour later."""
    sample = read_errand_report(json.loads(SAMPLE.read_text("utf-8")), zone=ZoneInfo("UTC"))
    changed = KINDS.index(kind)
    at = datetime.now(UTC) + timedelta(hours=changed)
    first = (2 * turn + with_history) * GROUPS * GROUP_SIZE
    return [
        [
            Fetched(record=_report(sample, number, agent_id=changed), fetched_at=at)
            for number in range(start, start + GROUP_SIZE)
        ]
        for start in range(first, first + GROUPS * GROUP_SIZE, GROUP_SIZE)
    ]


def _report(sample: ErrandReport, number: int, *, agent_id: int) -> ErrandReport:
    [action, *_] = sample.actions or ()
    return replace(
        sample,
        errand_id=number,
        agent_id=agent_id,
        actions=tuple(replace(action, action_id=number * ACTIONS + n) for n in range(ACTIONS)),
    )
