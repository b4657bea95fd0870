"""How long `cention export` takes for a million rows, and how much memory, in each format."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.bench.servers import BenchServers
from tests.bench.table import Row

SIZES = (10_000, 1_000_000)
VIEW = """
CREATE VIEW analyst.bench AS
SELECT 'demo' AS workspace, n AS errand_id, 'Area ' || n % 20 AS area_name, n % 100 AS agent_id,
    date '2024-01-01' + (n % 700)::integer AS day, n % 3 = 0 AS closed,
    timestamptz '2024-01-01 08:00Z' + n * interval '1 minute' AS arrived_at,
    round(n / 7.0, 2) AS handling_time_min, ARRAY['invoice', 'late'] AS tags,
    'Question no. ' || n AS subject
FROM generate_series(1::bigint, {rows}) AS n
"""


def measure(servers: BenchServers) -> Iterator[Row]:
    """Export few rows and many, so that what grows with them is seen."""
    for suffix in ("csv", "jsonl", "parquet", "xlsx"):
        for rows in SIZES:
            with psycopg.connect(servers.database_url) as conn:
                conn.execute("DROP VIEW IF EXISTS analyst.bench")
                conn.execute(VIEW.format(rows=rows).encode())
            seconds, peak_mib, file_mib = _export(servers, servers.folder / f"bench.{suffix}")
            figure = f"{seconds:.1f} s, {peak_mib:.0f} MiB at most"
            yield Row(f"{rows:,} rows as {suffix}", figure, f"file of {file_mib:.1f} MiB")


def _export(servers: BenchServers, path: Path) -> tuple[float, float, float]:
    """Return seconds, largest memory of the process in MiB, and the size of the file in MiB."""
    command = [sys.executable, "-m", "workers.cli", "export", "bench", "--to", str(path)]
    started_s = time.monotonic()
    process = subprocess.Popen(command, env=servers.environment(), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError("the export failed")
    seconds = time.monotonic() - started_s
    return seconds, usage.ru_maxrss / 1024, path.stat().st_size / 2**20
