"""A million wanted records: how long a look at them takes, and a worker's memory meanwhile.

``python -m tests.bench.long_list`` prints a table. The rows are inserted by one statement, and any
errand that they name can be fetched from the source.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import psutil
import psycopg

from tests.bench import table
from tests.bench.growth import FIRST, MOST
from tests.bench.race.bridge import Bridge
from tests.bench.race.trial import Trial, race_servers
from tests.bench.servers import Source, running_source
from tests.bench.table import Row
from workers.config.broker import create_sender
from workers.config.names import Family, TaskName
from workers.operations.jobs.bridge_status import read_bridge_status
from workers.operations.store.gauges import read_gauges
from workers.sync.store import wanted

FAMILY = Family.ERRAND_REPORTS
FILL = """
    INSERT INTO intake.wanted (workspace, family, remote_id)
    SELECT 'demo', %s, %s + number FROM generate_series(0, %s - 1) AS number"""
STATES: Mapping[str, str] = {
    "due": "",
    "due later, each after a failure": "due_at = now() + interval '1 hour', tries = 1",
    "parked": "parked_at = now()",
}
FRESHNESS = "SELECT * FROM analyst.freshness"
LOOKS = 20  # of which the median and the longest are printed
SAMPLE_EVERY_S = 1.0
MIB = 2**20


@click.command()
@click.option("--records", type=click.IntRange(1_000, MOST), default=1_000_000, show_default=True)
@click.option("--seconds", type=click.IntRange(30), default=120, show_default=True)
@click.option("--processes", type=click.IntRange(1, 32), default=2, show_default=True)
def main(records: int, seconds: int, processes: int) -> None:
    """Measure with so many wanted records, and so many processes that fetch for some time."""
    with (
        tempfile.TemporaryDirectory(prefix="cention-long-list-") as folder,
        running_source() as source,
        race_servers(Path(folder) / "logs") as servers,
        servers.trial("long_list") as trial,
    ):
        print(f"{datetime.now(UTC):%Y-%m-%d}, {table.machine()}\n")
        for line in table.markdown(measure(trial, source, records, seconds, processes)):
            print(line, flush=True)


def measure(
    trial: Trial, source: Source, records: int, seconds: int, processes: int
) -> Iterator[Row]:
    """Look at the list in each of its states, then let a worker fetch from it."""
    bridge = Bridge(trial, source.url, DRAINS_PER_WORKSPACE=str(processes))
    with trial.connect() as conn:
        # Found empty, and statements are planned for that, as after a quiet night.
        conn.execute("VACUUM ANALYZE intake.wanted")
        yield from _looks(conn, "nothing is wanted")
        conn.execute(FILL, [FAMILY, FIRST, records])
        for state, change in STATES.items():
            if change:
                conn.execute(f"UPDATE intake.wanted SET {change}")  # type: ignore[call-overload]
            yield from _looks(conn, f"{records:,} records, {state}")
            conn.execute("VACUUM ANALYZE intake.wanted")
            yield from _looks(conn, f"{records:,} records, {state}, once vacuumed")
        conn.execute("UPDATE intake.wanted SET parked_at = NULL, due_at = wanted_at, tries = 0")
        worker = bridge.start("worker-fetch", children=processes)
        yield from _fetching(conn, trial, worker.pid, records, seconds)


def _looks(conn: psycopg.Connection[Any], state: str) -> Iterator[Row]:
    looks: Mapping[str, Callable[[], object]] = {
        "cention status": lambda: read_bridge_status(conn, (), workspace=None, spool=None),
        "analyst.freshness": lambda: conn.execute(FRESHNESS, prepare=False).fetchall(),
        "/metrics": lambda: read_gauges(conn),
        "the sweep": lambda: _sweep(conn),
    }
    for name, look in looks.items():
        took_ms = []
        for _ in range(LOOKS):
            began_s = time.perf_counter()
            look()
            took_ms.append(1000 * (time.perf_counter() - began_s))
        yield Row(
            f"{name}: {state}",
            f"{statistics.median(took_ms):.0f} ms",
            f"longest of {LOOKS}: {max(took_ms):.0f} ms",
        )


def _sweep(conn: psycopg.Connection[Any]) -> None:
    with conn.transaction():
        wanted.due_work(conn, [("demo", family) for family in Family])


def _fetching(
    conn: psycopg.Connection[Any], trial: Trial, worker: int, records: int, seconds: int
) -> Iterator[Row]:
    samples = []
    with create_sender(trial.broker_url, timeout_s=10) as sender:
        for _ in range(int(seconds / SAMPLE_EVERY_S)):
            sender.send_task(TaskName.DRAIN, args=("demo", FAMILY))  # as the sweep does
            time.sleep(SAMPLE_EVERY_S)
            children = psutil.Process(worker).children()
            samples.append([child.memory_full_info().pss / MIB for child in children])
    third = len(samples) // 3
    first, last = (
        statistics.median(max(sample) for sample in part if sample)
        for part in (samples[:third], samples[-third:])
    )
    [[left]] = conn.execute("SELECT count(*) FROM intake.wanted").fetchall()
    yield Row(
        f"memory of the largest process that fetches from {records:,} records",
        f"{first:.0f} MiB in the first third, {last:.0f} MiB in the last",
        f"{records - left:,} errands stored in {seconds} s",
    )


if __name__ == "__main__":
    main()
