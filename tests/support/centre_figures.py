"""A believable centre in a database, with its figures."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from tests.bench import centre as filling
from tests.support.centre import Centre
from tests.support.day_tables import compute_day_tables
from workers.analytics.store import backlog, metrics
from workers.analytics.store.backlog import DueDay

ZONE = ZoneInfo("Europe/Stockholm")
CENTRE = Centre(errands=2_500, days=56, until=datetime(2025, 4, 7, 6, tzinfo=ZONE))
DAYS = [date(2025, 2, 10) + timedelta(days=number) for number in range(55)]  # with a backlog
BATCH = 500


def fill_with_figures(conn: psycopg.Connection) -> None:
    """Write the centre and its figures; the connection is not in autocommit mode."""
    list(filling.fill(conn, CENTRE))
    conn.commit()
    ids = [row[0] for row in conn.execute("SELECT errand_id FROM cention.errand ORDER BY 1")]
    for first in range(0, len(ids), BATCH):
        metrics.compute(conn, "demo", ids[first : first + BATCH])
    compute_day_tables(conn)
    backlog.compute(conn, "demo", [DueDay(day=day, is_new=True) for day in DAYS])
    conn.execute(
        "INSERT INTO intake.metrics_progress (workspace, day) VALUES ('demo', %s)", [DAYS[-1]]
    )
    conn.commit()
