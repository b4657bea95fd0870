"""What the history of errands costs the drain: versions, marks and counted minutes.

The statements alone, and workers with and without them, by turns.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import psycopg
import requests

from tests.bench import backlog, history_statements
from tests.bench.backlog import Drained
from tests.bench.servers import BenchServers, bench_servers
from tests.bench.table import Row

ERRANDS = 3_000  # in each run
ROUNDS = 6
WITH, WITHOUT = "with history", "without history"
APPLICATIONS = {WITH: "workers.app", WITHOUT: "tests.bench.without_history"}
KINDS = ("assign", "close", "tag")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker with a broker of its own, so that no nudge reaches another one."""

    servers: BenchServers
    pid: int

    def drain(self, ids: Sequence[int]) -> Drained:
        """Store these errands, while other workers are idle."""
        return backlog.drain(self.servers, self.pid, ids)


def measure(servers: BenchServers) -> Iterator[Row]:
    """Store new errands, and errands that have changed, in pairs of runs with and without.

    Whole drains differ by more than the history costs, so its share is that of its statements.
    """
    with bench_servers() as apart:
        statements = yield from history_statements.measure(apart)
    found: dict[str, dict[str, list[Drained]]] = defaultdict(lambda: defaultdict(list))
    with servers.sandbox() as cention, ExitStack() as running:
        workers = {
            name: running.enter_context(_worker(servers, cention, number, application))
            for number, (name, application) in enumerate(APPLICATIONS.items())
        }
        for worker in workers.values():
            backlog.warm_up(worker.servers, cention)
        for turn in range(ROUNDS):
            # Forwards and backwards, so that what happens meanwhile favours none.
            pair = list(workers.items())[:: -1 if turn % 2 else 1]
            ids = {name: backlog.make(cention, ERRANDS) for name, _ in pair}
            for name, worker in pair:
                found["new errands"][name].append(worker.drain(ids[name]))
            change(cention, [one for some in ids.values() for one in some])
            _take_marks(servers)
            for name, worker in pair:
                found["changed errands"][name].append(worker.drain(ids[name]))
            _take_marks(servers)
    for what, costs in found.items():
        yield from _rows(what, costs)
        drain_s = statistics.median(one.worker_cpu_s + one.postgres_cpu_s for one in costs[WITHOUT])
        yield Row(
            f"versions, marks and minutes of {what}",
            f"{statements[what] / drain_s:+.1%} of a drain's CPU",
            f"{statements[what] * 1000:.0f} of {drain_s * 1000:,.0f} ms for 1,000; goal: below 5 %",
        )


def _take_marks(servers: BenchServers) -> None:
    """Remove all marks, as whoever computes figures: the next save marks each errand again."""
    with psycopg.connect(servers.database_url, autocommit=True) as conn:
        conn.execute("TRUNCATE intake.metrics_due")


@contextmanager
def _worker(servers: BenchServers, cention: str, number: int, application: str) -> Iterator[Worker]:
    own = replace(servers, broker_url=f"{servers.broker_url}?virtual_host={number}")
    with own.worker(cention, application=application) as running:
        yield Worker(servers=own, pid=running.pid)


def change(cention: str, ids: Sequence[int]) -> None:
    """Change each errand once at the sandbox."""
    with requests.Session() as session:
        for number, errand_id in enumerate(ids):
            body = {"kind": KINDS[number % len(KINDS)]}
            url = f"{cention}/sandbox/errands/{errand_id}/change"
            session.post(url, json=body, timeout=30).raise_for_status()


def _rows(what: str, costs: Mapping[str, Sequence[Drained]]) -> Iterator[Row]:
    for name, runs in costs.items():
        per_s = sorted(one.per_s for one in runs)
        worker = statistics.median(one.worker_cpu_s for one in runs)
        postgres = statistics.median(one.postgres_cpu_s for one in runs)
        yield Row(
            f"{what} stored {name}",
            f"{statistics.median(per_s):,.0f} errands/s",
            f"{len(runs)} runs: {per_s[0]:,.0f} to {per_s[-1]:,.0f};"
            f" CPU for 1,000: worker {worker:.3f} s, Postgres {postgres:.3f} s",
        )
    pairs = list(zip(costs[WITH], costs[WITHOUT], strict=True))
    measures: dict[str, Callable[[Drained], float]] = {
        "CPU of worker and Postgres": lambda one: one.worker_cpu_s + one.postgres_cpu_s,
        "CPU of Postgres": lambda one: one.postgres_cpu_s,
        "time": lambda one: 1 / one.per_s,
    }
    for measured, of in measures.items():
        more = sorted(of(with_) / of(without) - 1 for with_, without in pairs)
        yield Row(
            f"history of {what}, {measured}",
            f"{statistics.median(more):+.1%}",
            f"pairs: {more[0]:+.1%} to {more[-1]:+.1%}",
        )
