"""What is asked of one day, one week or one sender is found by index."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from psycopg import sql

from workers.analytics.rules.periods import Period
from workers.analytics.store import exported_views, metrics, period_figures
from workers.analytics.store.exported_views import Selection
from workers.analytics.store.period_figures import Scope

SENDER_MAILS = 20_000
BY_METRICS = {
    "response_time_day": "arrived_on = '2024-10-05'",
    "sla_day": "arrived_on = '2024-10-05'",
    "channel_day": "arrived_on = '2024-10-05'",
    "tag_trend_week": "arrived_on >= (s.monday)::date",
}


@pytest.fixture
def conn(database):
    """A database in which a robot has written most errands."""
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("INSERT INTO cention.workspace VALUES ('demo', 'Europe/Stockholm')")
        conn.execute("SET session_replication_role = replica")
        conn.execute(
            "INSERT INTO cention.errand"
            " (workspace, errand_id, from_address, arrived_at, fetched_at)"
            " SELECT 'demo', n, CASE WHEN n %% 50 > 0 THEN 'No-Reply@robots.example' END,"
            " timestamptz '2024-01-01 UTC' + n * interval '10 minutes', now()"
            " FROM generate_series(1, %s) AS n",
            [SENDER_MAILS],
        )
        conn.execute(
            "INSERT INTO analyst.errand_metrics (workspace, errand_id, arrived_at, arrived_on,"
            " state, by_opening_hours, response_count, first_response_min, reopening_count,"
            " computed_at) SELECT workspace, errand_id, arrived_at, arrived_at::date, 'open',"
            " true, 1, 60, 0, now() FROM cention.errand"
        )
        conn.execute("VACUUM ANALYZE cention.errand, analyst.errand_metrics")
        yield conn


def plan(conn, query, parameters=None):
    return [line for [line] in conn.execute(f"EXPLAIN {query}", parameters)]


def conditions(lines):
    """Return the conditions by which an index is searched."""
    return [line.strip() for line in lines if "Index Cond" in line]


@pytest.mark.parametrize("view", BY_METRICS)
def test_one_day_of_figures_is_looked_up_by_its_day(conn, view):
    conn.execute("SET enable_seqscan = off")
    column = "week" if view == "tag_trend_week" else "day"

    lines = plan(conn, f"SELECT * FROM intake.{view}_computed WHERE {column} = '2024-10-05'")

    found = [one for one in conditions(lines) if BY_METRICS[view] in one]
    assert found, "\n".join(lines)


def test_one_day_of_what_is_added_up_is_looked_up_by_indexes(conn):
    lines = plan(conn, "SELECT * FROM intake.summary_day_computed WHERE day = '2024-02-05'")

    assert [line for line in lines if "Seq Scan on errand_" in line] == [], "\n".join(lines)
    for name in ("arrived_on = ", "resolved_at >= ", "responded_at >= ", "reopened_at >= "):
        assert any(name in one for one in conditions(lines)), "\n".join(lines)


@pytest.mark.parametrize(
    "view",
    [
        *("analyst.errand_day", "intake.agent_day_computed", "intake.area_day_computed"),
        "intake.tag_day_computed",
    ],
)
def test_one_day_of_errands_is_looked_up_by_the_times_between_which_it_is(conn, view):
    lines = plan(conn, f"SELECT * FROM {view} WHERE day = '2024-02-05'")

    assert [line for line in lines if "Seq Scan on errand" in line] == []
    assert any("arrived_at >= " in one and "end_of_day" in one for one in conditions(lines))


@pytest.mark.parametrize(
    "view", [*BY_METRICS, "agent_day", "area_day", "tag_day", "summary_day", "agent_shift"]
)
def test_days_that_are_kept_are_looked_up_without_errands(conn, view):
    conn.execute("SET enable_seqscan = off")
    column = "week" if view == "tag_trend_week" else "day"

    lines = plan(conn, f"SELECT * FROM analyst.{view} WHERE {column} >= '2024-10-05'")

    assert any(f"{column} >= '2024-10-05'" in one for one in conditions(lines)), "\n".join(lines)
    assert not [line for line in lines if "errand" in line]


def test_the_log_ons_of_one_name_are_looked_up_by_it(conn):
    conn.execute("SET enable_seqscan = off")
    question = "SELECT * FROM intake.agent_shift_computed WHERE login_name = ANY ('{asa}')"

    lines = plan(conn, question)

    assert any("login_name = ANY" in one for one in conditions(lines)), "\n".join(lines)


def test_the_earlier_errand_of_a_sender_of_thousands_is_found_at_once(conn):
    parameters = {"workspace": "demo", "ids": [10_001]}

    for name in ("repeat_neighbours", "insert_repeat_contacts"):
        lines = plan(conn, f"(ANALYZE, TIMING OFF) {metrics.SQL[name]}", parameters)

        [scan] = [line for line in lines if "errand_writer" in line]
        assert "actual rows=1.00 loops=1" in scan, "\n".join(lines)


def test_a_sender_whose_later_mails_are_deleted_is_found_at_once(conn):
    conn.execute("UPDATE cention.errand SET deleted = true WHERE errand_id BETWEEN 10 AND 9999")
    parameters = {"workspace": "demo", "ids": [10_001]}

    lines = plan(conn, f"(ANALYZE, TIMING OFF) {metrics.SQL['insert_repeat_contacts']}", parameters)

    assert not [line for line in lines if "Rows Removed by Filter: 9" in line], "\n".join(lines)
    assert any("errand_writer" in line for line in lines), "\n".join(lines)


@pytest.mark.parametrize(
    "condition", ["display_id = '7-1'", "lower(from_address) = 'anna@example.org'"]
)
def test_an_errand_is_found_by_what_people_know_of_it(conn, condition):
    lines = plan(conn, f"SELECT errand_id FROM analyst.errand_overview WHERE {condition}")

    assert [line for line in lines if "Seq Scan on errand" in line] == []


@pytest.mark.parametrize("view", ["analyst.errand_overview", "cention.errand"])
def test_an_export_of_some_days_finds_errands_by_their_arrival(conn, view):
    selection = Selection(
        view=exported_views.views(conn)[view], first=date(2024, 2, 5), last=date(2024, 2, 6)
    )
    query = exported_views.rows_query(selection, [sql.SQL("errand_id")])

    lines = plan(conn, query.as_string(conn))

    assert [line for line in lines if "Seq Scan on errand" in line] == []
    assert any("arrived_at >= " in one and "arrived_at < " in one for one in conditions(lines))


@pytest.mark.parametrize("view", ["agent_day", "area_day", "tag_day"])
def test_many_days_of_errands_are_looked_up_together_by_their_times(conn, view):
    days = "'{2024-02-05,2024-03-07,2024-04-09}'"

    lines = plan(
        conn,
        f"SELECT * FROM intake.{view}_computed WHERE workspace = 'demo' AND day = ANY ({days})",
    )

    assert [line for line in lines if "Seq Scan on errand" in line] == []
    assert any("arrived_at >= " in one and "end_of_day" in one for one in conditions(lines))


def test_the_reopenings_of_a_day_are_found_by_when_they_were_closed_and_reopened(conn):
    conn.execute(
        "INSERT INTO analyst.reopening (workspace, errand_id, position, closed_at, reopened_at,"
        " after_min, after_business_min) SELECT workspace, errand_id, 1, arrived_at,"
        " arrived_at + interval '2 hours', 120, 120 FROM cention.errand"
    )
    conn.execute("VACUUM ANALYZE analyst.reopening")
    day = Period(date(2024, 2, 5), date(2024, 2, 5))
    scope = Scope(workspace="demo", area_id=14, agent_id=31)
    query = period_figures.as_sql(conn, period_figures.counts_query(scope), scope, [day])

    lines = plan(conn, query)

    for index in ("reopening_closed", "reopening_reopened"):
        assert [line for line in lines if index in line], "\n".join(lines)
