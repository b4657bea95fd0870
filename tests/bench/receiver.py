"""Callbacks per second, durable before the answer, compared with a bare view under gunicorn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from statistics import median

from tests.bench import load
from tests.bench.load import CLIENTS, Load
from tests.bench.servers import SECRET, BenchServers, WebServer
from tests.bench.table import Row
from tests.bench.usage import Usage, measured

ROUNDS = 5
REQUESTS = 6_000

_first_ids = count(10_000_000, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One load on one web server, and what it cost."""

    load: Load
    usage: Usage

    @property
    def cpu(self) -> str:
        """Return the CPU seconds for 1,000 requests, in words."""
        seconds = {**self.usage.cpu_s, "load generator": self.load.cpu_s}
        parts = (f"{name} {1000 * s / self.load.requests:.3f}" for name, s in seconds.items())
        return f"CPU s / 1,000: {', '.join(parts)}"


def measure(servers: BenchServers) -> Iterator[Row]:
    """Measure both in turns, so that other work on the machine affects both."""
    bare: list[Run] = []
    durable: list[Run] = []
    with (
        servers.web("tests.bench.baseline:app") as baseline,
        servers.web("wsgi:app") as web,
    ):
        for _ in range(ROUNDS):
            bare.append(_run(servers, baseline, REQUESTS * 2))
            durable.append(_run(servers, web, REQUESTS))
        bare_per_s, peak_per_s = (
            median(run.load.per_s for run in runs) for runs in (bare, durable)
        )
        half = drive(web.port, int(peak_per_s * 5), per_s=peak_per_s / 2)
        stored = servers.scalar("SELECT count(*) FROM intake.callback")
    yield Row(
        f"bare Flask view, {CLIENTS} clients",
        f"{bare_per_s:,.0f}/s",
        f"{latency(bare[-1].load)}; {bare[-1].cpu}",
    )
    yield Row(
        f"callbacks, durable before the answer, {CLIENTS} clients",
        f"{peak_per_s:,.0f}/s",
        f"{peak_per_s / bare_per_s:.2f} of bare; {latency(durable[-1].load)}; "
        f"{durable[-1].cpu}; {stored:,} stored",
    )
    yield Row("callbacks at half of that rate", f"{half.per_s:,.0f}/s", latency(half))


def _run(servers: BenchServers, web: WebServer, requests: int) -> Run:
    with measured(receiver=[web.pid], Postgres=[servers.postgres_pid]) as usage:
        found = drive(web.port, requests)
    return Run(load=found, usage=usage)


def drive(port: int, requests: int, per_s: float | None = None) -> Load:
    """Send callbacks from another process, as fast as possible or ``per_s``."""
    return load.drive(port, secret=SECRET, first=next(_first_ids), count=requests, per_s=per_s)


def latency(load: Load) -> str:
    """Return the latencies of a load in words."""
    return f"p50 {load.p50_ms:.1f} ms, p99 {load.p99_ms:.1f} ms"
