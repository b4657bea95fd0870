"""The worked example of the documents for analysts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from schemas.opening_hours import Calendar, Opening
from workers.analytics.store import metrics, opening_hours

ZONE = ZoneInfo("Europe/Stockholm")
NOTES = {
    "2024-05-03T16:30": "Errand 7 was answered by agent A.",
    "2024-05-06T08:30": "Errand 7 was closed by agent A.",
    "2024-05-06T10:00": "Errand 7 was reopened by agent A.",
    "2024-05-06T11:00": "Errand 7 was answered and closed by agent A.",
}
EXPECTED = {
    "response_count": 2, "reopening_count": 1, "one_touch": False,
    "first_response_min": 30, "first_response_business_min": 30,
    "first_resolution_min": 3_870, "first_resolution_business_min": 90,
    "final_resolution_min": 4_020, "final_resolution_business_min": 240,
    "waiting_on_us_min": 90, "waiting_on_us_business_min": 90,
    "waiting_on_customer_min": 3_840, "waiting_on_customer_business_min": 60,
    "waiting_on": None, "csat_score": None,
}  # fmt: skip


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture
def conn(database):
    with psycopg.connect(database, row_factory=dict_row) as conn:
        conn.execute("INSERT INTO cention.workspace VALUES ('demo', 'Europe/Stockholm')")
        office = tuple(
            Opening(area_id=None, weekday=day, from_minute=480, to_minute=1020)
            for day in range(1, 6)
        )
        opening_hours.replace(conn, "demo", Calendar(openings=office, holidays=()))
        conn.execute(
            "INSERT INTO cention.errand (workspace, errand_id, arrived_at, answered, closed,"
            " fetched_at) VALUES ('demo', 7, %s, true, true, now())",
            [local("2024-05-03T16:00")],
        )
        for number, (at, note) in enumerate(NOTES.items()):
            conn.execute(
                "INSERT INTO cention.errand_action VALUES ('demo', %s, 7, %s, 'A', %s, now())",
                [number, note, local(at)],
            )
        yield conn


def test_the_example_of_the_documents_is_what_is_computed(conn):
    metrics.compute(conn, "demo", [7])

    [found] = conn.execute("SELECT * FROM analyst.errand_metrics").fetchall()
    assert {name: found[name] for name in EXPECTED} == EXPECTED
