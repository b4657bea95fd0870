"""What analysts wait for in a large centre: ``python -m tests.bench.analytics --errands 20000``.

An eighth of the centre comes from the generator: its rows are loaded by COPY without triggers, and
the bridge's own job computes their figures and the backlog. Seven copies of all rows, written by
INSERT, make it whole: other errands, agents and customers, at the same times. The job then
computes the backlog of all, and the figures of errands that change: of both years, then of one
month.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import click
import psycopg

from deploy.embedded import Postgres
from tests.bench import centre as filling
from tests.bench import layers, table
from tests.bench.servers import BenchServers, pid_of
from tests.bench.table import Row
from tests.bench.usage import CORES, cpu_s, measured
from tests.support.centre import Centre
from workers.analytics.jobs.recompute import recompute
from workers.database import connections
from workers.database.migrate import migrate

FOLDER = Path(__file__).parents[2] / "var" / "bench-analytics"
ERRANDS = 1_000_000
LAYERS = 8
LOOKS = 5.5  # besides the 4.7 actions of an errand: 10 on average
DAYS = 730
ROUNDS = 3
# A fiftieth of all errands, and half of those of the last month.
CHANGES: Mapping[str, LiteralString] = {
    "all over two years, another SLA": """
        UPDATE cention.errand SET within_sla = within_sla IS NOT TRUE
        WHERE hashint8extended(errand_id, 0) & 1023 < 20
    """,
    "of the last month, another area": """
        UPDATE cention.errand SET area_id = CASE area_id WHEN 14 THEN 15 ELSE 14 END
        WHERE hashint8extended(errand_id, 0) & 1023 < 512 AND arrived_at >= %(month)s::date
    """,
}
# The backlog and the tables of all days, from the first on: figures are computed up to the last
# errand.
BACKLOG_AGAIN = """
    UPDATE intake.metrics_progress
    SET day = NULL, after_id = (SELECT max(errand_id) FROM cention.errand)
"""
# The column by which a month is chosen.
MONTH: Mapping[str, str] = {
    "errand_overview": "arrived_at", "errand_metrics": "arrived_on", "errand_day": "day",
    "errand_event": "happened_at", "errand_response": "responded_at", "open_span": "from_at",
    "reopening": "reopened_at", "repeat_contact": "arrived_at", "backlog_day": "day",
    "agent_day": "day", "area_day": "day", "tag_day": "day", "agent_shift": "day",
    "response_time_day": "day", "sla_day": "day", "channel_day": "day",
    "summary_day": "day", "tag_trend_week": "week", "agent_week": "week", "workload_hour": "day",
    "survey_score_week": "week", "survey_answer": "answered_at",
}  # fmt: skip
BY_DAY = "arrived_on"  # of errand_overview, which computes it
TWO_YEARS: Mapping[str, LiteralString] = {
    "backlog_day": "SELECT day, sum(open), min(oldest_at) FROM analyst.backlog_day",
    "response_time_day": "SELECT day, median_min, p90_min FROM analyst.response_time_day",
    "summary_day": "SELECT day, arrived, responses, resolved FROM analyst.summary_day",
    "sla_day": "SELECT day, sum(n), sum(breached) FROM analyst.sla_day",
    "channel_day": "SELECT day, sum(arrived), sum(resolved) FROM analyst.channel_day",
    "area_day": "SELECT day, sum(arrived), sum(answered_on_day) FROM analyst.area_day",
    "agent_day": "SELECT day, sum(arrived), sum(logged_in_hours) FROM analyst.agent_day",
    "tag_day": "SELECT day, sum(arrived) FROM analyst.tag_day",
}
SIZES = """
    SELECT relnamespace::regnamespace || '.' || relname, pg_total_relation_size(oid),
           pg_indexes_size(oid), reltuples::bigint
    FROM pg_class WHERE relkind = 'r' AND pg_total_relation_size(oid) > 1000000
      AND relnamespace::regnamespace::text IN ('analyst', 'cention', 'feedback', 'intake')
    ORDER BY 2 DESC
"""
Connection = psycopg.Connection[Any]


@click.command()
@click.option("--errands", type=click.IntRange(2_000), default=ERRANDS, show_default=True)
def main(errands: int) -> None:
    """Build a centre of about so many errands and ten times as many actions, and measure."""
    print(f"{datetime.now(UTC):%Y-%m-%d}, {table.machine()}\n")
    for line in table.markdown(of_centre(errands)):
        print(line, flush=True)


def measure(_servers: BenchServers) -> Iterator[Row]:
    """Measure a million errands, in a database below ``var/``."""
    yield from of_centre(ERRANDS)


def of_centre(errands: int) -> Iterator[Row]:
    """Build and measure in a database that is deleted at the end, and before if one was left."""
    centre = centre_of(errands)
    with _server() as postgres:
        url, pid = postgres.url, pid_of(postgres)
        yield from fill(url, pid, centre)
        with psycopg.connect(url, autocommit=True) as conn:
            month = centre.until.date() - timedelta(days=31)
            for what, change in CHANGES.items():
                _say(f"changing errands {what}")
                conn.execute(change, {"month": month})
                yield from _compute(f"figures of errands {what}", url, pid, conn)
            conn.execute("VACUUM (ANALYZE)")
            yield from _views(conn, pid, centre.until)
            yield from _sizes(conn)


def centre_of(errands: int) -> Centre:
    """Return the generated part of a centre of so many errands, until today."""
    midnight = datetime.now(ZoneInfo("Europe/Stockholm")).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return Centre(errands=errands // LAYERS, days=DAYS, until=midnight, looks=LOOKS)


def fill(url: str, pid: int, centre: Centre) -> Iterator[Row]:
    """Build a centre, in a database without one, that is so many times as large as ``centre`` as
    there are layers; ``pid`` is the process of its server."""
    with psycopg.connect(url, autocommit=True) as conn:
        yield from _load(conn, centre)
        yield from _compute("figures and backlog of an eighth", url, pid, conn)
        yield from _copy(url, conn)
        conn.execute("DELETE FROM analyst.backlog_day")
        conn.execute(BACKLOG_AGAIN)
        yield from _compute("backlog and tables of all days", url, pid, conn, of_days=True)
        conn.execute("VACUUM (ANALYZE)")


@contextmanager
def _server() -> Iterator[Postgres]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, mode=0o711)
    postgres = Postgres(FOLDER / "postgres")
    postgres.start()
    try:
        with psycopg.connect(postgres.url) as conn:
            migrate(conn)
        yield postgres
    finally:
        postgres.remove()
        shutil.rmtree(FOLDER, ignore_errors=True)


def _load(conn: Connection, centre: Centre) -> Iterator[Row]:
    """Load an eighth."""
    began_s, done = time.monotonic(), 0
    with conn.transaction():
        for done in filling.fill(conn, centre):
            _say(f"{done:,} errands loaded")
    conn.execute("VACUUM (ANALYZE)")
    took_s = time.monotonic() - began_s
    yield Row(f"{done:,} errands generated and loaded by COPY", f"{took_s:,.0f} s")


def _compute(
    what: str, url: str, pid: int, conn: Connection, *, of_days: bool = False
) -> Iterator[Row]:
    """Let the job compute whatever is due."""
    counted = "SELECT count(*) FROM analyst.errand_metrics WHERE computed_at >= %s"
    if of_days:
        counted = "SELECT count(DISTINCT day) FROM analyst.backlog_day WHERE %s IS NOT NULL"
    [since] = conn.execute("SELECT clock_timestamp()").fetchall()[0]
    _say(f"computing: {what}")
    # As workers connect.
    with connections.open_pool(url) as pool, measured(postgres=[pid]) as usage:
        while recompute(pool.connection):
            [done] = conn.execute(counted, [since]).fetchall()[0]
            _say(f"{what}: {done:,}")
    [done] = conn.execute(counted, [since]).fetchall()[0]
    cpu_ms = usage.cpu_s["postgres"] * 1_000 / max(done, 1)
    unit = "day" if of_days else "errand"
    rate = f"{done / usage.took_s:,.0f} {unit}s/s"
    more = f"{done:,} in {usage.took_s:,.0f} s; Postgres {cpu_ms:.2f} ms of CPU each"
    yield Row(what, rate, more if of_days else f"{more}; a drain stores 1,750/s")


def _copy(url: str, conn: Connection) -> Iterator[Row]:
    """Copy the rows into the other layers, as many at once as there are cores."""
    began_s = time.monotonic()
    with ThreadPoolExecutor(CORES) as copying:
        rows = sum(copying.map(partial(_copy_layer, url), range(1, LAYERS)))
    conn.execute("VACUUM (ANALYZE)")
    took_s = time.monotonic() - began_s
    yield Row(f"{LAYERS - 1} copies, {rows:,} rows", f"{took_s:,.0f} s", "INSERT, then VACUUM")


def _copy_layer(url: str, layer: int) -> int:
    with psycopg.connect(url) as conn:
        rows = sum(layers.copy(conn, name, layer) for name in layers.TABLES)
    _say(f"copy {layer} of {LAYERS - 1}: {rows:,} rows")
    return rows


def of_last_month(midnight: datetime) -> dict[str, str]:
    """Return a query of each view for the month before, by the name of the view."""
    month = f"BETWEEN '{midnight.date() - timedelta(days=31)}' AND '{midnight.date()}'"
    return {
        # Postgres makes whole rows, and sends their number.
        name: f"SELECT count(v) FROM analyst.{name} AS v"
        f" WHERE workspace = 'demo' AND {column} {month}"
        for name, column in MONTH.items()
    }


def _views(conn: Connection, pid: int, midnight: datetime) -> Iterator[Row]:
    """Read each view for the last month, and the day tables for two years."""
    for name, query in of_last_month(midnight).items():
        yield _read(conn, pid, name, query, "goal: 1 s")
        if name == "errand_overview":
            query = query.replace(MONTH[name], BY_DAY)
            yield _read(conn, pid, f"{name} by {BY_DAY}", query, "goal: 1 s")
    years = f"BETWEEN '{midnight.date() - timedelta(days=DAYS)}' AND '{midnight.date()}'"
    for name, question in TWO_YEARS.items():
        where = f"workspace = 'demo' AND day {years}"
        if name in ("response_time_day", "summary_day"):
            query = f"{question} WHERE {where} AND grouped_by = 'all' ORDER BY day"
        else:
            query = f"{question} WHERE {where} GROUP BY day ORDER BY day"
        yield _read(conn, pid, f"{name}, two years", query, "goal: 200 ms")


def _read(conn: Connection, pid: int, name: str, query: str, goal: str) -> Row:
    """Read a query some times: the middle one counts."""
    _say(f"reading {name}")
    times, before_s = [], cpu_s(pid)
    for _ in range(ROUNDS):
        began_s = time.monotonic()
        found = conn.execute(query).fetchall()
        times.append((time.monotonic() - began_s) * 1_000)
    times.sort()
    cpu_ms = (cpu_s(pid) - before_s) * 1_000 / ROUNDS
    rows = found[0][0] if len(found) == 1 else len(found)
    spread = f"{times[0]:,.0f} to {times[-1]:,.0f} ms; {cpu_ms:,.0f} ms of CPU"
    return Row(name, f"{times[ROUNDS // 2]:,.0f} ms", f"{rows:,} rows; {spread}; {goal}")


def _sizes(conn: Connection) -> Iterator[Row]:
    [size] = conn.execute("SELECT pg_database_size(current_database())").fetchall()[0]
    yield Row("size of the database", f"{size / 2**20:,.0f} MiB", "without the write-ahead log")
    for name, size, indexes, rows in conn.execute(SIZES).fetchall():
        more = (
            f"{rows:,} rows of {size / max(rows, 1):,.0f} bytes; indexes {indexes / 2**20:,.0f} MiB"
        )
        yield Row(f"size of {name}", f"{size / 2**20:,.0f} MiB", more)


def _say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
