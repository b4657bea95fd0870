"""A backlog of changed errands: how fast it is stored, compared with a loop that only fetches."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import psycopg
import requests

from tests.bench.race import drain as drain_race
from tests.bench.race.report import Result
from tests.bench.race.trial import race_servers
from tests.bench.servers import BenchServers, running_source, wait_until
from tests.bench.table import Row
from tests.bench.usage import measured
from workers.config.names import Family
from workers.sync.store import wanted

ERRANDS = 10_000
ACTIONS = 10
LEFT = "SELECT count(*) FROM intake.wanted"


def measure(servers: BenchServers) -> Iterator[Row]:
    """Store 10,000 errands of 10 actions, from a source that answers at once, and after 50 ms.

    The same are only fetched, over as many connections of as many processes.
    """
    contestants = {each.name: each for each in drain_race.CONTESTANTS}
    with running_source() as source, race_servers(servers.folder / "race") as race:
        drain_race.render(source, ERRANDS)
        for latency_ms in (0, 50):
            source.set_latency(latency_ms / 1000)
            fetched, stored = (
                drain_race.run(contestants[name], race, source, ERRANDS)
                for name in ("floor-requests", "bridge")
            )
            yield _row(f"only fetched, {latency_ms} ms latency", fetched)
            share = f"{stored.per_s / fetched.per_s:.2f} of only fetched"
            yield _row(f"errands stored, {latency_ms} ms latency", stored, share)


def _row(what: str, result: Result, *more: str) -> Row:
    cpu = f"CPU s / 1,000: own {result.own_cpu_s:.3f}, Postgres {result.postgres_cpu_s:.3f}"
    cpu += f", source {result.load_cpu_s:.3f}"
    return Row(what, f"{result.per_s:,.0f} errands/s", "; ".join((*more, cpu)))


def measure_memory(servers: BenchServers) -> Iterator[Row]:
    """Measure the largest process of a worker, with 1,000 and with 100,000 wanted records."""
    with servers.sandbox() as cention, servers.worker(cention) as worker:
        for count in (1_000, 100_000):
            ids = make(cention, count, actions=1)
            drained = drain(servers, worker.pid, ids)
            yield Row(
                f"memory of a worker process, {count:,} wanted",
                f"{drained.peak_mib:.0f} MiB",
                f"{drained.per_s:,.0f} errands/s (1 action each); {drained.cpu}",
            )


def make(cention: str, count: int, actions: int = ACTIONS) -> list[int]:
    """Create changed errands at the sandbox; return their ids."""
    body = {"count": count, "actions": actions}
    made = requests.post(f"{cention}/sandbox/errands", json=body, timeout=300)
    ids: list[int] = made.json()["ids"]
    return ids


def warm_up(servers: BenchServers, cention: str) -> None:
    """Let both children of the worker build their context."""
    for _ in range(2):
        _want(servers, make(cention, 500))
        servers.nudge(Family.ERRAND_REPORTS)
        wait_until(lambda: servers.scalar(LEFT) == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """How fast a backlog was stored, and what that cost."""

    per_s: float
    worker_cpu_s: float  # for 1,000 errands, as the next
    postgres_cpu_s: float
    peak_mib: float  # of the largest process of the worker

    @property
    def cpu(self) -> str:
        """Return the CPU seconds for 1,000 errands, in words."""
        return f"CPU s / 1,000: worker {self.worker_cpu_s:.3f}, Postgres {self.postgres_cpu_s:.3f}"


def drain(servers: BenchServers, worker: int, ids: Sequence[int]) -> Drained:
    """Store these errands with a worker (its process id), and measure that."""
    _want(servers, ids)
    with (
        watched(worker) as peak,
        measured(worker=[worker], postgres=[servers.postgres_pid]) as usage,
    ):
        servers.nudge(Family.ERRAND_REPORTS)
        wait_until(lambda: servers.scalar(LEFT) == 0, every_s=0.1)
    return Drained(
        per_s=len(ids) / usage.took_s,
        worker_cpu_s=1000 * usage.cpu_s["worker"] / len(ids),
        postgres_cpu_s=1000 * usage.cpu_s["postgres"] / len(ids),
        peak_mib=peak[0] / 2**20,
    )


def _want(servers: BenchServers, ids: Sequence[int]) -> None:
    with psycopg.connect(servers.database_url) as conn:
        wanted.want(conn, "demo", Family.ERRAND_REPORTS, list(ids))


@contextmanager
def watched(worker: int) -> Iterator[list[int]]:
    """Yield a list with the largest resident size (bytes) of any process of the worker."""
    peak, ended = [0], threading.Event()

    def sample() -> None:
        parent = psutil.Process(worker)
        while not ended.wait(0.05):
            for process in (parent, *parent.children(recursive=True)):
                try:
                    peak[0] = max(peak[0], process.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    watcher = threading.Thread(target=sample)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()
