"""Callbacks per second, durable before the answer, compared with a bare view under gunicorn."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from statistics import median

from tests.bench.load import CLIENTS, Load
from tests.bench.servers import SECRET, BenchServers
from tests.bench.table import Row

ROUNDS = 5
REQUESTS = 6_000

_first_ids = count(1_000_000, REQUESTS)


def measure(servers: BenchServers) -> Iterator[Row]:
    """Measure both in turns, so that other work on the machine affects both."""
    baseline: list[Load] = []
    results: list[Load] = []
    with servers.web("tests.bench.baseline:app") as baseline_port, servers.web("wsgi:app") as port:
        for _ in range(ROUNDS):
            baseline.append(drive(baseline_port, REQUESTS * 2))
            results.append(drive(port, REQUESTS))
        peak_per_s = median(load.per_s for load in results)
        half = drive(port, int(peak_per_s * 5), per_s=peak_per_s / 2)
        stored = servers.scalar("SELECT count(*) FROM intake.callback")
    baseline_per_s = median(load.per_s for load in baseline)
    yield Row(
        f"bare Flask view, {CLIENTS} clients", f"{baseline_per_s:,.0f}/s", latency(baseline[-1])
    )
    yield Row(
        f"callbacks, durable before the answer, {CLIENTS} clients",
        f"{peak_per_s:,.0f}/s",
        f"{peak_per_s / baseline_per_s:.2f} of bare; {latency(results[-1])}; {stored:,} stored",
    )
    yield Row("callbacks at half of that rate", f"{half.per_s:,.0f}/s", latency(half))


def drive(port: int, requests: int, per_s: float = 0) -> Load:
    """Send callbacks from another process, as fast as possible or ``per_s``."""
    arguments = [str(a) for a in (port, requests, next(_first_ids), per_s, SECRET)]
    output = subprocess.check_output([sys.executable, "-m", "tests.bench.load", *arguments])
    achieved, p50_ms, p99_ms = json.loads(output)
    return Load(per_s=achieved, p50_ms=p50_ms, p99_ms=p99_ms)


def latency(load: Load) -> str:
    """Return the latencies of a load in words."""
    return f"p50 {load.p50_ms:.1f} ms, p99 {load.p99_ms:.1f} ms"
