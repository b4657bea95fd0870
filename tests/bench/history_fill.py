"""The history of errands comes to a large database: ``python -m tests.bench.history_fill``.

Measures how long the migrations lock, and how fast stored errands get their first versions.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import click
import psycopg

from deploy.embedded import Postgres
from tests.bench import table
from tests.bench.table import Row
from workers.database import Connection, connections
from workers.database import migrate as migrations
from workers.sync.store import errand_versions

BEFORE = "0038"  # the first migration of the version that has the history
CHUNK = 500_000  # errands generated in one transaction
END_SESSION_EVERY_S = 20.0
FILLING = "filling"  # name of the session that is ended
WORKSPACE: LiteralString = """
    INSERT INTO cention.workspace (workspace, timezone) VALUES ('demo', 'Europe/Stockholm')
"""
# Without texts, as ten million of them would take a larger disk.
ERRANDS: LiteralString = """
    INSERT INTO cention.errand (
        workspace, errand_id, status_code, service_id, organisation_id, area_id, agent_id, priority,
        arrived_at, answered_at, closed, answered, deleted, within_sla, handling_time_s, fetched_at
    )
    SELECT 'demo', n, 'ACTION_ANSWER', n %% 5, n %% 3, n %% 40, n %% 300, 'High',
           timestamptz '2020-01-01' + n * interval '10 s',
           timestamptz '2020-01-02' + n * interval '10 s',
           n %% 10 <> 0, n %% 20 <> 0, n %% 50 = 0, n %% 7 <> 0, n %% 9000,
           timestamptz '2020-01-03' + n * interval '10 s'
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
ACTIONS: LiteralString = """
    INSERT INTO cention.errand_action (
        workspace, action_id, errand_id, note, origin, happened_at, fetched_at
    )
    SELECT 'demo', n * 2 + k, n, 'Errand ' || n || ' was closed by agent Anna', 'Anna',
           timestamptz '2020-01-01' + n * interval '10 s' + k * interval '1 hour',
           timestamptz '2020-01-03' + n * interval '10 s'
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n, generate_series(0, 1) AS k
"""
CHANGE: LiteralString = "UPDATE cention.errand SET has_child = true WHERE errand_id = %s"
END_SESSION: LiteralString = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s
"""
SIZE: LiteralString = "SELECT pg_total_relation_size('cention.errand_version')"
# One open version of each errand, like it; as many as there are errands.
RIGHT: LiteralString = """
    SELECT (SELECT count(*) FROM cention.errand), (SELECT count(*) FROM cention.errand_version),
           count(*)
    FROM cention.errand AS e JOIN cention.errand_version AS v USING (workspace, errand_id)
    WHERE v.valid_to IS NULL AND v.valid_from = e.fetched_at
      AND (v.area_id, v.agent_id, v.closed) = (e.area_id, e.agent_id, e.closed)
"""


@dataclass(slots=True)
class Waits:
    """How long writers of single errands waited, in seconds."""

    longest_s: float = 0.0
    writes: int = 0


@dataclass(slots=True, kw_only=True)
class Fill:
    """A fill from its beginning to its end."""

    seconds: float = 0.0
    batches: list[float] = field(default_factory=list)  # seconds of each
    ended: int = 0  # sessions that were ended in the middle of a batch


@click.command()
@click.option("--errands", default=1_000_000, show_default=True, help="10000000 takes 20 GB.")
def main(errands: int) -> None:
    """Generate errands of two actions each, migrate, fill, and print the table."""
    print(f"{datetime.now(UTC):%Y-%m-%d}, {table.machine()}\n")
    with tempfile.TemporaryDirectory(prefix="cention-bench-") as name:
        Path(name).chmod(0o711)
        postgres = Postgres(Path(name) / "postgres")
        postgres.start()
        try:
            for line in table.markdown(measure(postgres.url, errands)):
                print(line, flush=True)
        finally:
            postgres.remove()


def measure(database_url: str, errands: int) -> Iterator[Row]:
    """Measure on an empty database; raises ``AssertionError`` if the history is wrong."""
    took_s = _generate(database_url, errands)
    yield Row(f"{errands:,} errands of two actions generated", f"{took_s:,.0f} s")
    with _writing(database_url, errands) as waits:
        took_s, names = _migrate(database_url)
    yield Row(
        "migration, and so the longest that it can hold a lock", f"{took_s:.3f} s", ", ".join(names)
    )
    yield Row("longest wait of a writer meanwhile", f"{waits.longest_s:.3f} s")
    with _writing(database_url, errands) as waits:
        found = _fill(database_url)
    rate = errands / found.seconds
    batches = f"{len(found.batches)} batches, the slowest {max(found.batches):.2f} s"
    yield Row("first versions written", f"{rate:,.0f} errands/s", f"{found.seconds:,.0f} s")
    yield Row("batches", batches, f"{found.ended} more were ended in their middle")
    writes = f"{waits.writes:,} writes"
    yield Row("longest wait of a writer meanwhile", f"{waits.longest_s:.3f} s", writes)
    with psycopg.connect(database_url) as conn:
        counts = conn.execute(RIGHT).fetchall()[0]
        size = conn.execute(SIZE).fetchall()[0][0]
    assert counts == (errands,) * 3, counts
    yield Row("size of the history", f"{size / 2**30:.2f} GiB", f"{size / errands:.0f} bytes each")


def _generate(database_url: str, errands: int) -> float:
    """Create the tables of the version before, and fill them; return the seconds."""
    started_s = time.monotonic()
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(migrations.SQL["create_analysts"])
        conn.execute(migrations.SQL["create_migration_table"])
        for name, statements in migrations.files("migrations"):
            if name < BEFORE:
                for statement in _statements(name, statements):
                    conn.execute(statement)
                conn.execute(migrations.SQL["record_migration"], {"name": name})
        conn.execute(WORKSPACE)
        for first in range(1, errands + 1, CHUNK):
            numbers = {"first": first, "last": min(first + CHUNK - 1, errands)}
            conn.execute(ERRANDS, numbers)
            conn.execute(ACTIONS, numbers)
        conn.execute("VACUUM (ANALYZE) cention.errand, cention.errand_action")
    return time.monotonic() - started_s


def _statements(name: str, statements: LiteralString) -> list[LiteralString]:
    if not name.endswith(migrations.CONCURRENT):
        return [statements]
    return [one for one in statements.split(";\n") if one.strip()]


def _migrate(database_url: str) -> tuple[float, list[str]]:
    with connections.connect(database_url) as conn:
        started_s = time.monotonic()
        names = migrations.migrate(conn)
        conn.commit()
        return time.monotonic() - started_s, names


def _fill(database_url: str) -> Fill:
    """Fill to the end; every 20 s the session is ended, and another one goes on."""
    found, ended = Fill(), threading.Event()

    def end_sessions() -> None:
        with psycopg.connect(database_url, autocommit=True) as conn:
            while not ended.wait(END_SESSION_EVERY_S):
                conn.execute(END_SESSION, [FILLING])

    enemy = threading.Thread(target=end_sessions)
    enemy.start()
    started_s = time.monotonic()
    try:
        while not _fill_in_one_session(database_url, found):
            found.ended += 1
    finally:
        ended.set()
        enemy.join()
    found.seconds = time.monotonic() - started_s
    return found


def _fill_in_one_session(database_url: str, found: Fill) -> bool:
    """Return whether the end was reached; false if the session was ended before."""
    with contextlib.suppress(psycopg.OperationalError), _session(database_url) as conn:
        while True:
            began_s = time.monotonic()
            if not errand_versions.fill(conn):
                return True
            found.batches.append(time.monotonic() - began_s)
    return False


@contextmanager
def _session(database_url: str) -> Iterator[Connection]:
    with connections.connect(f"{database_url}&application_name={FILLING}") as conn:
        conn.autocommit = True
        yield conn


@contextmanager
def _writing(database_url: str, errands: int) -> Iterator[Waits]:
    """Change single errands, spread over all, while the block runs."""
    waits, ended = Waits(), threading.Event()

    def write() -> None:
        with psycopg.connect(database_url, autocommit=True) as conn:
            while not ended.wait(0.02):
                started_s = time.monotonic()
                waits.writes += 1
                conn.execute(CHANGE, [1 + waits.writes * 7_919 % errands])
                waits.longest_s = max(waits.longest_s, time.monotonic() - started_s)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield waits
    finally:
        ended.set()
        writer.join()


if __name__ == "__main__":
    main()
