"""Tables of days have the rows that are computed from everything, whatever changes."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.bench import centre as filling
from tests.support.centre import Centre
from tests.support.databases import database_copy
from tests.support.figure_job import compute_figures, wait_after_failures
from workers.analytics.jobs import recompute as job
from workers.analytics.jobs.recompute import recompute
from workers.analytics.rules.due_days import DueDay
from workers.analytics.store import metrics_progress

ZONE = ZoneInfo("Europe/Stockholm")
UNTIL = datetime(2025, 4, 4, tzinfo=ZONE)
CENTRE = Centre(errands=160, days=9, until=UNTIL)
TABLES = (
    *("agent_day", "area_day", "tag_day", "response_time_day", "sla_day", "channel_day"),
    *("tag_trend_week", "summary_day", "agent_shift"),
)


def session_of(url):
    return partial(psycopg.connect, url, autocommit=True)


@pytest.fixture(scope="module")
def computed_centre(postgres, template) -> Iterator[str]:
    """The name of a filled database, after the first run."""
    with database_copy(postgres, template) as url:
        with psycopg.connect(url) as conn:
            list(filling.fill(conn, CENTRE))
        compute_figures(session_of(url))
        yield str(conninfo_to_dict(url)["dbname"])


@pytest.fixture
def url(postgres, computed_centre) -> Iterator[str]:
    with database_copy(postgres, computed_centre) as url:
        yield url


@pytest.fixture
def conn(url) -> Iterator[psycopg.Connection]:
    """A database after the first run, in autocommit mode."""
    with session_of(url)() as conn:
        yield conn


@pytest.fixture
def session(url):
    return session_of(url)


def kept(conn, table):
    """Return the rows of a table."""
    names = "{row_id,known_until_at,computed_at}"
    more = "- 'week'" if table == "agent_shift" else ""
    question = (
        f"SELECT (to_jsonb(t) - '{names}'::text[] {more})::text FROM intake.{table} AS t ORDER BY 1"
    )
    return [row for [row] in conn.execute(question)]


def computed(conn, table):
    """Return the rows that the definition gives."""
    question = f"SELECT to_jsonb(t)::text FROM intake.{table}_computed AS t ORDER BY 1"
    return [row for [row] in conn.execute(question)]


def assert_right(conn):
    """Every table has the rows of its definition, and nothing is left to do."""
    for table in TABLES:
        assert kept(conn, table) == computed(conn, table), table
    for table in ("day_due", "logon_due", "errand_moved"):
        assert conn.execute(f"SELECT * FROM intake.{table}").fetchall() == []
    assert metrics_progress.work(conn) == []


CHANGES = {
    "an area": "UPDATE cention.errand SET area_id = 14 WHERE errand_id % 3000 = 0",
    "an agent": "UPDATE cention.errand SET agent_id = 31 WHERE errand_id % 3000 = 0",
    "an arrival": (
        "UPDATE cention.errand SET arrived_at = arrived_at - interval '2 days 5 hours'"
        " WHERE errand_id % 5000 = 0"
    ),
    "an arrival that is not known": (
        "UPDATE cention.errand SET arrived_at = NULL WHERE errand_id % 7000 = 0"
    ),
    "an arrival of long ago": (
        "UPDATE cention.errand SET arrived_at = '0001-01-02 12:00Z' WHERE errand_id % 7000 = 0"
    ),
    "an answer": (
        "UPDATE cention.errand SET answered_at = answered_at + interval '3 days'"
        " WHERE errand_id % 5000 = 0"
    ),
    "an answer that is none": (
        "UPDATE cention.errand SET answered_at = NULL, answered = false WHERE errand_id % 5000 = 0"
    ),
    "deletions of one week": (  # the next week compares with it
        "UPDATE cention.errand SET deleted = true WHERE arrived_at < '2025-03-29 00:00Z'"
    ),
    "errands that are gone": "UPDATE cention.errand SET gone_at = now() WHERE errand_id % 5000 = 0",
    "a writer": (
        "UPDATE cention.errand SET from_address = 'kim@customer.example' WHERE errand_id % 5000 = 0"
    ),
    "an SLA": (
        "UPDATE cention.errand SET within_sla = within_sla IS NOT TRUE, handling_time_s = 600,"
        " response_time_s = 77 WHERE errand_id % 5000 = 0"
    ),
    "tags": (
        "WITH gone AS (DELETE FROM cention.errand_tag WHERE errand_id % 3000 = 0)"
        " UPDATE cention.errand SET fetched_at = now() WHERE errand_id % 3000 = 0"
    ),
    "a log line": (
        "UPDATE cention.errand_action SET happened_at = happened_at + interval '2 days'"
        " WHERE action_id % 5 = 0"
    ),
    "a score": "UPDATE feedback.answer SET number = 1 WHERE kind = 'csat'",
    "a log-on": (
        "INSERT INTO cention.agent_logon VALUES"
        " ('demo', 'stranger', '2025-03-28 22:00Z', 'Login', 1, now()),"
        " ('demo', 'stranger', '2025-03-31 02:00Z', 'Logout', 1, now()) ON CONFLICT DO NOTHING"
    ),
    "log-ons that are forgotten": (
        "DELETE FROM cention.agent_logon"
        " WHERE login_name = (SELECT min(login_name) FROM cention.agent_login)"
    ),
    "a log-out that is lost": (
        "DELETE FROM cention.agent_logon WHERE action = 'Logout' AND happened_at BETWEEN"
        " '2025-03-27 00:00Z' AND '2025-03-28 00:00Z'"
    ),
    "a login name of another agent": "UPDATE cention.agent_login SET agent_id = 31",
    "a login name of nobody": "DELETE FROM cention.agent_login",
    "a time zone": "UPDATE cention.workspace SET timezone = 'Pacific/Kiritimati'",
    "opening hours": "DELETE FROM cention.opening_hours",
    "a pattern": "UPDATE cention.action_pattern SET kind = 'ignored' WHERE kind = 'answered'",
}


def test_the_first_run_fills_every_table(conn):
    assert_right(conn)
    assert all(len(kept(conn, table)) > 5 for table in TABLES)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_reaches_the_days_that_it_changes(conn, session, change):
    before = {table: kept(conn, table) for table in TABLES}
    conn.execute(CHANGES[change])

    compute_figures(session)

    assert {table: kept(conn, table) for table in TABLES} != before
    assert_right(conn)


def test_random_changes_between_runs_give_what_is_computed(conn, session, monkeypatch):
    monkeypatch.setattr(job, "BATCH", 40)
    monkeypatch.setattr(job, "TABLE_DAYS", 3)
    monkeypatch.setattr(job, "NAMES", 1)
    monkeypatch.setattr(job, "RUN_S", 0.0)
    rng = random.Random(11)
    for _ in range(20):
        conn.execute(CHANGES[rng.choice([one for one in CHANGES if one != "a pattern"])])
        recompute(session, run_s=0)

    compute_figures(session)

    assert_right(conn)


def test_an_errand_that_moves_on_before_its_turn_stays_on_no_day_between(conn, session):
    """The day between is computed for another errand, while the first is there."""
    [errand_id] = conn.execute(
        "SELECT min(errand_id) FROM cention.errand WHERE arrived_at IS NOT NULL"
    ).fetchone()
    moved = "UPDATE cention.errand SET arrived_at = %s WHERE errand_id = %s"
    conn.execute(moved, [UNTIL - timedelta(days=20), errand_id])
    conn.execute(
        "INSERT INTO intake.day_due (workspace, kept, day) VALUES ('demo', 'area_day', %s)",
        [(UNTIL - timedelta(days=20)).date()],
    )
    with conn.transaction():
        days = job.day_tables.due_days(conn, "demo", limit=100)
        job.day_tables.compute_days(conn, "demo", days)
    conn.execute(moved, [UNTIL - timedelta(days=30), errand_id])

    compute_figures(session)

    assert_right(conn)


def test_an_errand_that_cannot_be_computed_counts_on_its_days(conn, session):
    [errand_id] = conn.execute("SELECT min(errand_id) FROM cention.errand").fetchone()
    conn.execute(
        "ALTER TABLE analyst.errand_metrics ADD CONSTRAINT broken"
        f" CHECK (errand_id <> {errand_id}) NOT VALID"
    )
    for days in (3, 4):
        conn.execute(
            "UPDATE cention.errand SET answered_at = %s WHERE errand_id = %s",
            [UNTIL - timedelta(days=days), errand_id],
        )
        compute_figures(session)

    [found] = conn.execute("SELECT count(*) FROM intake.metrics_problem").fetchone()
    assert found == 1
    assert_right(conn)


def test_a_rebuild_from_nothing_gives_the_same_rows(conn, session):
    before = {table: kept(conn, table) for table in TABLES}
    for table in TABLES:
        conn.execute(f"DELETE FROM intake.{table}")

    metrics_progress.begin(conn, "demo")
    compute_figures(session)

    assert {table: kept(conn, table) for table in TABLES} == before


def test_a_rebuild_writes_no_row_that_is_right(conn, session):
    question = "SELECT min(row_id), max(row_id), count(*) FROM intake.{}"
    before = [conn.execute(question.format(table)).fetchall() for table in TABLES]

    metrics_progress.begin(conn, "demo")
    compute_figures(session)

    assert [conn.execute(question.format(table)).fetchall() for table in TABLES] == before


def test_days_of_a_workspace_without_a_row_are_computed(conn, session):
    conn.execute("DELETE FROM cention.workspace")
    conn.execute("DELETE FROM intake.tag_trend_week")  # it has none
    conn.execute(CHANGES["an area"])
    conn.execute(CHANGES["a log-on"])

    compute_figures(session)

    assert {"stranger"} == {
        one
        for [one] in conn.execute(
            "SELECT login_name FROM intake.agent_shift WHERE shift_ended_at = '2025-03-31 02:00Z'"
        )
    }
    assert conn.execute("TABLE intake.logon_due").fetchall() == []


def test_a_change_that_is_committed_while_days_are_computed_is_not_lost(conn, session, url):
    with psycopg.connect(url) as late:
        late.execute(CHANGES["an arrival"])
        conn.execute("UPDATE cention.errand SET area_id = 14 WHERE errand_id % 5000 = 1000")
        compute_figures(session)
        late.commit()

    compute_figures(session)

    assert_right(conn)


def test_an_update_that_changes_no_time_records_none(conn):
    conn.execute("UPDATE cention.errand SET arrived_at = arrived_at, answered_at = answered_at")

    assert conn.execute("SELECT * FROM intake.errand_moved").fetchall() == []


def test_a_time_zone_that_does_not_exist_fails_no_save(conn):
    conn.execute("UPDATE cention.workspace SET timezone = 'Nowhere'")

    conn.execute(CHANGES["an arrival"])

    assert conn.execute("SELECT count(*) > 0 FROM intake.errand_moved").fetchone() == (True,)


def test_days_of_another_workspace_stay(conn, session):
    conn.execute("INSERT INTO cention.workspace VALUES ('other', 'UTC')")
    compute_figures(session)
    for table in ("area_day", "agent_shift"):
        names = "workspace, day, login_name, state, computed_at"
        if table == "area_day":
            names = (
                "workspace, day, arrived, answered, closed, deleted, gone, open, answered_on_day,"
                " sla_count, within_sla_count, feedback_count"
            )
        values = "day, 'asa', 'complete', now()" if "login" in names else "day" + ", 1" * 10
        conn.execute(
            f"INSERT INTO intake.{table} ({names})"
            f" SELECT 'other', {values} FROM intake.{table} GROUP BY day"
        )
    conn.execute(CHANGES["an area"])
    conn.execute(CHANGES["log-ons that are forgotten"])
    question = "SELECT count(*) FROM intake.{} WHERE workspace = 'other'"
    before = [conn.execute(question.format(table)).fetchone() for table in TABLES]

    compute_figures(session)

    assert [conn.execute(question.format(table)).fetchone() for table in TABLES] == before


def test_a_transaction_computes_no_more_days_than_its_limit(conn, session, monkeypatch):
    sizes = []
    replace = psycopg.Connection.execute

    def recorded(self, query, params=None, **more):
        if isinstance(params, dict) and "kept" in params:
            sizes.append(len(params["days"]))
        return replace(self, query, params, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", recorded)
    monkeypatch.setattr(job, "TABLE_DAYS", 20)
    metrics_progress.begin(conn, "demo")
    compute_figures(session)

    assert sum(sizes) > 2 * 20
    assert max(sizes) <= 20


def test_the_hours_of_a_shift_that_lasts_follow_the_log(conn, session):
    now = datetime.now(UTC)  # once: how long the figures take to compute is no part of the shift
    conn.execute(
        "INSERT INTO cention.agent_logon VALUES ('demo', 'stranger', %s, 'Login', 1, now())",
        [now - timedelta(hours=3)],
    )
    reach = "INSERT INTO intake.agent_logon_reach VALUES ('demo', %s)"
    conn.execute(reach, [now - timedelta(hours=2)])
    compute_figures(session)
    conn.execute("UPDATE intake.agent_logon_reach SET until_at = %s", [now - timedelta(hours=1)])

    compute_figures(session)

    [found] = conn.execute(
        "SELECT round(sum(logged_in_hours), 2) FROM analyst.agent_day"
        " WHERE login_names = '{stranger}'"
    ).fetchone()
    assert found == 2
    assert_right(conn)


def test_freshness_tells_since_when_days_wait(conn, session):
    conn.execute(
        "INSERT INTO intake.day_due (workspace, kept, day, marked_at)"
        " VALUES ('demo', 'area_day', '2025-04-01', now() - interval '1 hour')"
    )

    question = "SELECT state FROM analyst.freshness WHERE family = 'figures'"
    assert conn.execute(question).fetchall() == [("behind",)]
    compute_figures(session)
    assert conn.execute(question).fetchall() == [("fresh",)]


def test_figures_are_computing_until_all_days_of_a_rebuild_are_computed(conn, session, monkeypatch):
    monkeypatch.setattr(job, "TABLE_DAYS", 3)
    question = "SELECT state FROM analyst.freshness WHERE family = 'figures'"
    waiting = "SELECT FROM intake.day_due WHERE kept <> 'backlog_day' LIMIT 1"
    metrics_progress.begin(conn, "demo")

    states = []
    while recompute(session, run_s=0):
        if metrics_progress.read(conn, "demo") is None and conn.execute(waiting).fetchall():
            states += conn.execute(question).fetchall()

    assert len(states) > 1
    assert set(states) == {("computing",)}
    assert conn.execute(question).fetchall() == [("fresh",)]


def break_table(conn, table, rows):
    """Have rows of a table fail that fulfil a condition."""
    conn.execute(f"ALTER TABLE intake.{table} ADD CONSTRAINT broken CHECK (NOT ({rows})) NOT VALID")


def mend_table(conn, table):
    conn.execute(f"ALTER TABLE intake.{table} DROP CONSTRAINT broken")


def test_a_day_that_always_fails_waits_and_all_others_are_computed(conn, session):
    wait_after_failures(conn)
    break_table(conn, "area_day", "day = '2025-03-28'")
    conn.execute("UPDATE cention.errand SET area_id = 14")

    for _ in range(8):
        compute_figures(session)

    left = conn.execute("SELECT kept, day::text, failures FROM intake.day_due").fetchall()
    assert left == [("area_day", "2025-03-28", 1)]
    assert metrics_progress.work(conn) == []
    mend_table(conn, "area_day")
    conn.execute("UPDATE intake.day_due SET retry_at = now()")
    compute_figures(session)
    assert_right(conn)


def test_dozens_of_days_that_always_fail_stop_no_other_day_nor_workspace(
    conn, session, monkeypatch
):
    wait_after_failures(conn)
    failing = ("agent_day", "area_day", "tag_day", "response_time_day")
    for table in failing:
        break_table(conn, table, "workspace = 'demo'")
    monkeypatch.setattr(job, "TABLE_DAYS", 7)
    conn.execute("INSERT INTO cention.workspace VALUES ('other', 'UTC')")
    conn.execute(
        "INSERT INTO cention.errand (workspace, errand_id, arrived_at, area_id, fetched_at)"
        " SELECT 'other', errand_id, arrived_at, area_id, fetched_at FROM cention.errand"
    )
    conn.execute("UPDATE cention.errand SET area_id = 14, agent_id = 31, gone_at = now()")

    compute_figures(session)

    left = conn.execute("SELECT workspace, kept, failures FROM intake.day_due").fetchall()
    assert len(left) >= 31
    assert set(left) == {("demo", table, 1) for table in failing}
    for table in set(TABLES) - {*failing}:
        assert kept(conn, table) == computed(conn, table), table
    assert conn.execute("SELECT FROM analyst.area_day WHERE workspace = 'other'").fetchall()


def test_days_that_failed_come_after_the_others(conn):
    conn.execute(
        "INSERT INTO intake.day_due (workspace, kept, day, marked_at, failures, retry_at) VALUES"
        " ('demo', 'area_day', '2025-04-01', now() - interval '1 hour', 1, now()),"
        " ('demo', 'area_day', '2025-04-02', now(), 0, NULL)"
    )

    found = job.day_tables.due_days(conn, "demo", limit=2)

    assert [one.day for one in found] == ["2025-04-02", "2025-04-01"]


def test_what_fails_waits_longer_each_time_and_an_hour_at_most(conn):
    waits = conn.execute(
        "SELECT extract(epoch FROM intake.next_retry_at(n) - now())::int / 60"
        " FROM generate_series(0, 7) AS n"
    ).fetchall()

    assert [minutes for [minutes] in waits] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert conn.execute("SELECT intake.next_retry_at(1000000) > now()").fetchone() == (True,)


def test_a_wait_that_a_clock_set_back_made_longer_than_an_hour_is_over(conn):
    found = conn.execute(
        "SELECT intake.may_retry(now() - interval '1 second'), intake.may_retry(NULL),"
        " intake.may_retry(now() + interval '1 hour'), intake.may_retry(now() + interval '2 hours')"
    ).fetchone()

    assert found == (True, True, False, True)


def test_each_failure_of_a_day_is_counted(conn, session):
    wait_after_failures(conn)
    break_table(conn, "area_day", "day = '2025-03-28'")
    conn.execute("UPDATE cention.errand SET area_id = 14")
    for _ in range(3):
        compute_figures(session)
        conn.execute("UPDATE intake.day_due SET retry_at = now()")

    compute_figures(session)

    question = "SELECT failures, retry_at > now() + interval '5 minutes' FROM intake.day_due"
    assert conn.execute(question).fetchall() == [(4, True)]


def test_a_rebuild_ends_the_wait_of_what_failed(conn, session):
    break_table(conn, "area_day", "day = '2025-03-28'")
    break_table(conn, "agent_shift", "login_name = 'nur'")
    conn.execute("UPDATE cention.errand SET area_id = 14")
    conn.execute(CHANGES["a log-out that is lost"])
    compute_figures(session)
    mend_table(conn, "area_day")
    mend_table(conn, "agent_shift")

    metrics_progress.begin(conn, "demo")
    compute_figures(session)

    assert_right(conn)


def test_a_login_name_that_always_fails_waits_and_all_others_are_computed(conn, session):
    wait_after_failures(conn)
    break_table(conn, "agent_shift", "login_name = 'nur'")
    conn.execute("DELETE FROM cention.agent_logon WHERE action = 'Logout'")

    compute_figures(session)

    left = conn.execute("SELECT login_name, failures FROM intake.logon_due").fetchall()
    assert left == [("nur", 1)]
    columns = "login_name, day, state, shift_began_at, shift_ended_at, from_at, to_at"
    others = f"SELECT {columns} FROM intake.{{}} WHERE login_name <> 'nur' ORDER BY {columns}"
    found, expected = (
        conn.execute(others.format(name)).fetchall()
        for name in ("agent_shift", "agent_shift_computed")
    )
    assert found == expected
    mend_table(conn, "agent_shift")
    waiting = job.day_tables.end_waits(conn, "demo")
    assert (waiting.days, waiting.names) == (0, 1)
    compute_figures(session)
    assert_right(conn)


def test_a_login_name_that_fails_while_its_shift_lasts_keeps_no_worker_busy(conn, session):
    now = datetime.now(UTC)
    conn.execute(
        "INSERT INTO cention.agent_logon VALUES ('demo', 'stranger', %s, 'Login', 1, now())",
        [now - timedelta(hours=3)],
    )
    reach = "INSERT INTO intake.agent_logon_reach VALUES ('demo', %s)"
    conn.execute(reach, [now - timedelta(hours=2)])
    compute_figures(session)
    wait_after_failures(conn)
    break_table(conn, "agent_shift", "login_name = 'stranger'")
    conn.execute("UPDATE intake.agent_logon_reach SET until_at = %s", [now - timedelta(hours=1)])

    compute_figures(session)

    assert conn.execute("SELECT FROM intake.moving_logon").fetchall() != []
    assert metrics_progress.work(conn) == []


def test_a_change_of_one_figure_computes_no_table_that_does_not_read_it(conn, session, monkeypatch):
    tables = set()
    compute = job.day_tables.compute_days

    def recorded(own, workspace, due):
        tables.update(one.kept for one in due)
        compute(own, workspace, due)

    monkeypatch.setattr(job.day_tables, "compute_days", recorded)
    conn.execute("UPDATE cention.errand SET within_sla = within_sla IS NOT TRUE")
    compute_figures(session)

    # Of reports and tags it is not known what they were before.
    unknown = {"agent_day", "area_day", "tag_day", "tag_trend_week"}
    assert tables == {*unknown, "sla_day", "summary_day"}
    assert_right(conn)


def test_every_figure_that_a_table_reads_makes_its_days_due(conn):
    question = (
        "SELECT DISTINCT a.attname FROM pg_depend AS d"
        " JOIN pg_rewrite AS r ON (d.classid, d.objid) = ('pg_rewrite'::regclass, r.oid)"
        " JOIN pg_attribute AS a ON (a.attrelid, a.attnum) = (d.refobjid, d.refobjsubid)"
        " WHERE r.ev_class = %s::regclass AND d.refobjid = 'analyst.errand_metrics'::regclass"
    )
    for table in ("response_time_day", "sla_day", "channel_day"):
        read = {name for [name] in conn.execute(question, [f"intake.{table}_computed"])}
        found = re.search(
            rf"'{table}', own.day, ROW\((.*?)\)::text", job.day_tables.SQL["counted_errands"], re.S
        )
        compared = set(re.findall(r"m\.(\w+)", found[1]))

        assert read - compared == {"workspace", "arrived_on", "deleted"}, table


def test_of_a_day_that_changes_only_the_rows_that_differ_are_written(conn, session):
    question = "SELECT row_id FROM intake.area_day WHERE day = %s AND area_id <> 14"
    [errand_id, day] = conn.execute(
        "SELECT min(errand_id), min(day) FROM analyst.errand_day"
        " WHERE event = 'arrived' AND area_id = 14"
        " AND day = (SELECT min(day) FROM analyst.errand_day WHERE area_id = 14)"
    ).fetchone()
    before = conn.execute(question, [day]).fetchall()
    conn.execute("UPDATE cention.errand SET gone_at = now() WHERE errand_id = %s", [errand_id])

    compute_figures(session)

    assert before != []
    assert conn.execute(question, [day]).fetchall() == before
    assert_right(conn)


def test_a_session_that_ends_while_it_computes_days_leaves_none_out(conn, session, monkeypatch):
    compute = job.day_tables.compute_days

    def ended(own, workspace, due):
        compute(own, workspace, due)
        own.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    conn.execute("UPDATE cention.errand SET area_id = 14")
    with monkeypatch.context() as patched:
        patched.setattr(job.day_tables, "compute_days", ended)
        with pytest.raises(psycopg.OperationalError):
            compute_figures(session)

    compute_figures(session)

    assert_right(conn)


def test_two_workers_at_once_give_what_is_computed(conn, session, monkeypatch):
    monkeypatch.setattr(job, "BATCH", 10)
    monkeypatch.setattr(job, "TABLE_DAYS", 3)
    with ThreadPoolExecutor(2) as workers:
        for change in ("an area", "an arrival", "deletions of one week", "tags"):
            conn.execute(CHANGES[change])
            for one in [workers.submit(compute_figures, session) for _ in range(2)]:
                one.result()

    assert_right(conn)


def test_days_that_many_batches_reach_are_computed_once(conn, session, monkeypatch):
    counted: Counter[DueDay] = Counter()
    compute = job.day_tables.compute_days

    def recorded(conn, workspace, due):
        counted.update(due)
        compute(conn, workspace, due)

    monkeypatch.setattr(job.day_tables, "compute_days", recorded)
    monkeypatch.setattr(job, "BATCH", 20)
    monkeypatch.setattr(job, "DAY_WAITS_S", 600.0)  # longer than the test
    conn.execute("UPDATE cention.errand SET area_id = 14")
    compute_figures(session)

    assert len(counted) > 50
    assert set(counted.values()) == {1}
    assert_right(conn)
