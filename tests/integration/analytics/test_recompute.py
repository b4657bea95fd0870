"""What changed is computed again, to the rows that a computation of everything gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.bench import centre as filling
from tests.support.business_time import BusinessTime
from tests.support.centre import Centre
from tests.support.figure_job import compute_figures
from tests.support.figures import Figures, backlog
from tests.support.open_seconds import OpenSeconds
from workers.analytics.jobs import recompute as job
from workers.analytics.jobs.recompute import recompute
from workers.analytics.store import metrics_progress

ZONE = ZoneInfo("Europe/Stockholm")
DAYS = 12
CENTRE = Centre(errands=400, days=DAYS, until=datetime(2025, 4, 4, tzinfo=ZONE))
TABLES = {
    "errand_metrics": "computed_at", "errand_response": "", "open_span": "", "reopening": "",
    "repeat_contact": "", "backlog_day": "corrected_at",
}  # fmt: skip


@pytest.fixture
def conn(database) -> Iterator[psycopg.Connection]:
    """A filled database, in autocommit mode."""
    with psycopg.connect(database) as filled:
        list(filling.fill(filled, CENTRE))
    with psycopg.connect(database, autocommit=True) as conn:
        yield conn


def rows(conn):
    """Return all rows of all tables, without the times of their computation."""
    found = {}
    for table, ignored in TABLES.items():
        question = f"SELECT (to_jsonb(t) - '{ignored}')::text FROM analyst.{table} AS t ORDER BY 1"
        found[table] = [row for [row] in conn.execute(question)]
    return found


def rebuilt(conn, session):
    """Return what a computation of everything gives, from nothing."""
    for table in TABLES:
        conn.execute(f"DELETE FROM analyst.{table}")
    metrics_progress.begin(conn, "demo")
    compute_figures(session)
    return rows(conn)


def corrected(conn):
    question = "SELECT DISTINCT day FROM analyst.backlog_day WHERE corrected_at IS NOT NULL"
    return {day for [day] in conn.execute(question)}


def test_the_first_run_computes_everything_and_the_backlog_of_each_day(conn, session):
    compute_figures(session)

    calendar = filling.calendar(CENTRE)
    plain = BusinessTime(zone=ZONE, openings=calendar.openings, holidays=calendar.holidays)
    figures = [Figures(one, OpenSeconds(plain)) for one in CENTRE.all_errands()]
    first = CENTRE.until - timedelta(days=DAYS)
    names = ("day", "area_id", "agent_id", "age_band", "open", "waiting_on_us")
    found = conn.execute(
        f"SELECT {', '.join(names)}, extract(epoch FROM oldest_at)::bigint FROM analyst.backlog_day"
        " WHERE day < '2025-04-04'"
    ).fetchall()
    expected = [
        (*(row[name] for name in names), row["oldest_at"])
        for row in backlog(figures, first, DAYS, ZONE)
    ]
    assert len(found) > 50
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert corrected(conn) == set()


def test_changes_of_errands_give_the_rows_that_a_computation_of_everything_gives(conn, session):
    compute_figures(session)
    for change in (
        "UPDATE cention.errand SET from_address = 'anna@example.org' WHERE errand_id % 7 = 0",
        "UPDATE cention.errand SET deleted = true WHERE errand_id % 11000 = 0",
        "UPDATE cention.errand SET area_id = 14 WHERE errand_id % 13000 = 0",
        "UPDATE cention.errand_action SET happened_at = happened_at + interval '2 days',"
        " fetched_at = fetched_at WHERE note LIKE '%closed%' AND action_id % 5 = 0",
        "UPDATE cention.errand_version SET agent_id = 31 WHERE errand_id % 17000 = 0",
    ):
        conn.execute(change)

    compute_figures(session)
    after = rows(conn)

    assert conn.execute("SELECT count(*) FROM intake.metrics_due").fetchone() == (0,)
    assert after == rebuilt(conn, session)


def test_a_late_event_corrects_the_days_it_changes_and_tells_when(conn, session):
    compute_figures(session)
    before = rows(conn)
    [errand_id, at] = conn.execute(
        "SELECT errand_id, from_at FROM analyst.open_span"
        " WHERE to_at > from_at + interval '60 hours' ORDER BY to_at - from_at DESC LIMIT 1"
    ).fetchone()
    conn.execute(
        "INSERT INTO cention.errand_action VALUES"
        " ('demo', 1, %s, 'Errand 1 was closed by agent X', 'X', %s, now())",
        [errand_id, at + timedelta(minutes=1)],
    )
    conn.execute("UPDATE cention.errand SET fetched_at = now() WHERE errand_id = %s", [errand_id])

    compute_figures(session)

    assert at.astimezone(ZONE).date() in corrected(conn)
    assert rows(conn)["backlog_day"] != before["backlog_day"]


def test_other_opening_hours_compute_everything_again(conn, session):
    compute_figures(session)
    conn.execute("DELETE FROM cention.opening_hours")

    compute_figures(session)

    [found] = conn.execute(
        "SELECT count(*) FILTER (WHERE by_opening_hours OR"
        " first_response_min <> first_response_business_min) FROM analyst.errand_metrics"
    ).fetchone()
    assert found == 0


def test_a_mark_is_not_lost_if_the_computation_fails(conn, session, monkeypatch):
    compute_figures(session)
    conn.execute("UPDATE cention.errand SET area_id = 5 WHERE area_id = 14")

    def fail(*_):
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(job.metrics, "compute", fail)
        with pytest.raises(ConnectionError):
            recompute(session)
    compute_figures(session)

    question = "SELECT count(*) FROM analyst.errand_metrics WHERE area_id = 14"
    assert conn.execute(question).fetchone() == (0,)


def test_a_change_beside_a_mark_is_computed_once_it_is_committed(conn, session, database):
    compute_figures(session)
    conn.execute("UPDATE cention.errand SET area_id = 5")
    with psycopg.connect(database) as late:
        late.execute("UPDATE cention.errand SET area_id = 9")  # marks them as well
        compute_figures(session)
        late.commit()

    compute_figures(session)

    question = "SELECT DISTINCT area_id FROM analyst.errand_metrics"
    assert conn.execute(question).fetchall() == [(9,)]


def test_each_day_is_computed_once_after_everything_is(conn, session, monkeypatch):
    compute_figures(session)
    computed: list[date] = []
    compute = job.backlog.compute

    def recorded(conn, workspace, days):
        computed.extend(one.day for one in days)
        compute(conn, workspace, days)

    conn.execute("TRUNCATE analyst.open_span, analyst.backlog_day")  # each batch changes each day
    monkeypatch.setattr(job.backlog, "compute", recorded)
    monkeypatch.setattr(job, "BATCH", 50)
    metrics_progress.begin(conn, "demo")
    compute_figures(session)

    assert len(computed) >= DAYS
    assert len(computed) == len(set(computed))


def test_another_time_zone_computes_the_backlog_again(conn, session):
    compute_figures(session)
    conn.execute("UPDATE cention.workspace SET timezone = 'Pacific/Kiritimati'")

    compute_figures(session)
    after = rows(conn)

    assert after == rebuilt(conn, session)


def test_what_is_rebuilt_from_a_day_is_what_changes_lead_to(conn, session):
    compute_figures(session)
    before = rows(conn)
    since = (CENTRE.until - timedelta(days=4)).date()
    conn.execute("DELETE FROM analyst.backlog_day WHERE day >= %s", [since])
    conn.execute("DELETE FROM analyst.errand_metrics WHERE arrived_on >= %s", [since])
    old = "SELECT min(computed_at) FROM analyst.errand_metrics"
    [computed_at] = conn.execute(old).fetchone()

    metrics_progress.begin(conn, "demo", since=since)
    compute_figures(session)

    assert rows(conn) == before
    assert conn.execute(old).fetchone() == (computed_at,)


def test_a_rebuild_keeps_when_days_were_corrected(conn, session):
    compute_figures(session)
    conn.execute("UPDATE cention.errand SET deleted = true WHERE errand_id % 2000 = 0")
    conn.execute("DELETE FROM cention.errand_action WHERE errand_id % 2000 = 0")
    compute_figures(session)
    question = "SELECT DISTINCT day, corrected_at FROM analyst.backlog_day ORDER BY 1, 2"
    times = conn.execute(question).fetchall()

    metrics_progress.begin(conn, "demo")
    compute_figures(session)

    assert any(at for _, at in times)
    assert conn.execute(question).fetchall() == times


def test_a_computation_of_everything_goes_on_where_it_was_interrupted(conn, session):
    metrics_progress.begin(conn, "demo")
    last = conn.execute("SELECT max(errand_id) FROM cention.errand").fetchone()[0]
    metrics_progress.set_after(conn, "demo", metrics_progress.read(conn, "demo"), last - 1)

    compute_figures(session)

    question = "SELECT array_agg(errand_id) FROM analyst.errand_metrics"
    assert conn.execute(question).fetchone() == ([last],)
