"""What the history of errands costs in one session: the CPU of its statements alone.

The rate of a drain swings by more than that on a busy machine; CPU time does so much less.
"""

from __future__ import annotations

import json
import os
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from schemas.cention.errand_reports import ErrandReport, read_errand_report
from tests.bench.servers import BenchServers
from tests.bench.table import Row
from workers.database import Connection, connections
from workers.database.records import Fetched
from workers.sync.store import errand_reports, errand_versions

SAMPLE = Path(__file__).parents[1] / "support" / "documents" / "errand_report_33.json"
GROUPS, GROUP_SIZE, ACTIONS, ROUNDS = 12, 100, 10, 4
KINDS = ("new errands", "changed errands")


def measure(servers: BenchServers) -> Iterator[Row]:
    """Save groups of reports by turns with and without the history; the first round is not counted.

    Postgres' CPU is that of the session's process, as Linux counts it in nanoseconds.
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
    for kind in KINDS:
        for position, process in enumerate(("Postgres", "worker")):
            with_, without = (
                statistics.median(one[position] for one in found[kind, with_history])
                for with_history in (True, False)
            )
            yield Row(
                f"CPU of {process} to save 1,000 {kind}",
                f"{with_ * 1000:.0f} ms with history, {without * 1000:.0f} ms without",
                f"{(with_ - without) * 1000:+.0f} ms",
            )


def _save(
    conn: Connection, groups: Sequence[Sequence[Fetched[ErrandReport]]], *, with_history: bool
) -> tuple[float, float]:
    """Return the CPU seconds of Postgres and of this process for 1,000 reports."""
    before = _cpu_s(conn)
    with nullcontext() if with_history else _without_history():
        for group in groups:
            with conn.transaction():
                errand_reports.save(conn, "demo", group)
    postgres, worker = (now - then for now, then in zip(_cpu_s(conn), before, strict=True))
    saved = sum(map(len, groups))
    return postgres / saved * 1000, worker / saved * 1000


def _without_history() -> AbstractContextManager[Any]:
    def nothing(*_arguments: Any) -> None: ...

    return patch.multiple(errand_versions, keep_present=nothing, save_reports=nothing)


def _cpu_s(conn: Connection) -> tuple[float, float]:
    counted = Path(f"/proc/{conn.info.backend_pid}/schedstat").read_text("ascii")
    return int(counted.split()[0]) / 1e9, sum(os.times()[:2])


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
