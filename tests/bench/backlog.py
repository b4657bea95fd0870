"""A backlog of changed errands: how fast it is stored, compared with a loop that only fetches."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue

import psutil
import psycopg
import requests

from tests.bench.servers import TOKEN, BenchServers, wait_until
from tests.bench.table import Row
from workers.config.names import Family
from workers.sync.store import wanted

THREADS = 16  # FETCH_THREADS 8 times DRAINS_PER_WORKSPACE 2
ACTIONS = 10
LEFT = "SELECT count(*) FROM intake.wanted"


def measure(servers: BenchServers) -> Iterator[Row]:
    """Store 10,000 errands of 10 actions, from a server that answers at once, and after 50 ms."""
    for latency_ms in (0, 50):
        with servers.sandbox() as cention:
            if latency_ms:
                _set_latency(cention, latency_ms / 1000)
            ids = make(cention, 10_000)
            fetched_per_s = _only_fetch(cention, ids)
            with servers.worker(cention) as worker:
                warm_up(servers, cention)
                stored_per_s, _ = drain(servers, worker.pid, ids)
        yield Row(f"only fetched, {latency_ms} ms latency", f"{fetched_per_s:,.0f} errands/s")
        yield Row(
            f"errands stored, {latency_ms} ms latency",
            f"{stored_per_s:,.0f} errands/s",
            f"{stored_per_s / fetched_per_s:.2f} of only fetched",
        )


def measure_memory(servers: BenchServers) -> Iterator[Row]:
    """Measure the largest process of a worker, with 1,000 and with 100,000 wanted records."""
    with servers.sandbox() as cention, servers.worker(cention) as worker:
        for count in (1_000, 100_000):
            ids = make(cention, count, actions=1)
            per_s, peak_mib = drain(servers, worker.pid, ids)
            yield Row(
                f"memory of a worker process, {count:,} wanted",
                f"{peak_mib:.0f} MiB",
                f"{per_s:,.0f} errands/s (1 action each)",
            )


def _set_latency(cention: str, seconds: float) -> None:
    body = {"latency": {"probability": 1, "seconds": seconds}}
    requests.post(f"{cention}/sandbox/faults", json=body, timeout=30).raise_for_status()


def make(cention: str, count: int, actions: int = ACTIONS) -> list[int]:
    """Create changed errands at the sandbox; return their ids."""
    body = {"count": count, "actions": actions}
    made = requests.post(f"{cention}/sandbox/errands", json=body, timeout=300)
    ids: list[int] = made.json()["ids"]
    return ids


def _only_fetch(cention: str, ids: list[int]) -> float:
    left: SimpleQueue[int] = SimpleQueue()
    for errand_id in ids:
        left.put(errand_id)
    threads = [threading.Thread(target=_fetch_all, args=(cention, left)) for _ in range(THREADS)]
    started_s = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(ids) / (time.perf_counter() - started_s)


def _fetch_all(cention: str, left: SimpleQueue[int]) -> None:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    while True:
        try:
            errand_id = left.get_nowait()
        except Empty:
            return
        url = f"{cention}/s/demo/capi/json/c3_errand_reports/{errand_id}"
        session.get(url, timeout=30).raise_for_status()


def warm_up(servers: BenchServers, cention: str) -> None:
    """Let both children of the worker build their context."""
    for _ in range(2):
        _want(servers, make(cention, 500))
        servers.nudge(Family.ERRAND_REPORTS)
        wait_until(lambda: servers.scalar(LEFT) == 0)


def drain(servers: BenchServers, worker: int, ids: list[int]) -> tuple[float, float]:
    """Return errands per second, and the peak of the largest process in MiB."""
    _want(servers, ids)
    started_s = time.perf_counter()
    with watched(worker) as peak:
        servers.nudge(Family.ERRAND_REPORTS)
        wait_until(lambda: servers.scalar(LEFT) == 0, every_s=0.1)
    took_s = time.perf_counter() - started_s
    return len(ids) / took_s, peak[0] / 2**20


def _want(servers: BenchServers, ids: list[int]) -> None:
    with psycopg.connect(servers.database_url) as conn:
        wanted.want(conn, "demo", Family.ERRAND_REPORTS, ids)


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
