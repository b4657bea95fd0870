"""Figures go on whatever one errand, one workspace or one other session does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.support.figure_job import compute_figures, wait_after_failures
from tests.support.midnight import wait_over_midnight
from workers.analytics.jobs import recompute as job
from workers.analytics.jobs.recompute import recompute
from workers.analytics.store import metrics_due, metrics_problems, metrics_progress

DAY = timedelta(days=1)
NEVER = "20000-01-01 00:00:00+00"  # the database knows it, and Python does not


@pytest.fixture
def conn(database) -> Iterator[psycopg.Connection]:
    """An empty database with two workspaces, in autocommit mode."""
    wait_over_midnight()
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("INSERT INTO cention.workspace VALUES ('demo', 'UTC'), ('other', 'UTC')")
        yield conn


def now():
    """Return the time of the test: since this file was read, midnight may have passed."""
    return datetime.now(UTC)


def arrive(conn, errand_id, *, workspace="demo", at=None):
    """Store an errand as fetched now; without a time it arrived three days ago."""
    conn.execute(
        "INSERT INTO cention.errand (workspace, errand_id, arrived_at, area_id, fetched_at)"
        " VALUES (%s, %s, %s, 1, %s)"
        " ON CONFLICT (workspace, errand_id) DO UPDATE SET arrived_at = excluded.arrived_at",
        [workspace, errand_id, at or now() - 3 * DAY, now()],
    )


def act(conn, errand_id, what, at):
    conn.execute(
        "INSERT INTO cention.errand_action VALUES ('demo', %s, %s, %s, 'X', %s, now())",
        [errand_id, errand_id, f"Errand {errand_id} was {what} by agent X.", at],
    )


def break_errand(conn, errand_id):
    """Have an errand closed at a time that cannot be read."""
    arrive(conn, errand_id)
    act(conn, errand_id, "closed", NEVER)


def computed(conn):
    question = "SELECT workspace, errand_id FROM analyst.errand_metrics ORDER BY 1, 2"
    return conn.execute(question).fetchall()


def problems(conn, workspace="demo"):
    found = metrics_problems.listed(conn, workspace, limit=10)
    return {one.errand_id: (one.kind, one.problem) for one in found}


def backlog(conn):
    question = "SELECT day, sum(open)::int FROM analyst.backlog_day GROUP BY 1 ORDER BY 1"
    return conn.execute(question).fetchall()


def days_before_today(*numbers):
    return [now().date() - number * DAY for number in numbers]


@pytest.mark.parametrize("from_nothing", [True, False])
def test_an_errand_that_always_fails_is_set_aside_and_all_others_are_computed(
    conn, session, from_nothing
):
    if not from_nothing:
        compute_figures(session)
    for errand_id in range(1, 30):
        arrive(conn, errand_id)
    break_errand(conn, 13)
    arrive(conn, 1, workspace="other")

    compute_figures(session)

    expected = [("demo", number) for number in range(1, 30) if number != 13]
    assert computed(conn) == [*expected, ("other", 1)]
    assert problems(conn) == {13: ("failed", "cannot be computed: DataError")}
    assert conn.execute("SELECT FROM intake.metrics_due").fetchall() == []


def test_an_errand_that_was_set_aside_is_computed_after_its_next_change(conn, session):
    break_errand(conn, 1)
    compute_figures(session)
    conn.execute("UPDATE cention.errand_action SET happened_at = now()")

    compute_figures(session)

    assert computed(conn) == [("demo", 1)]
    assert problems(conn) == {}


def test_a_statement_that_takes_too_long_is_of_its_errand_alone(conn, session, monkeypatch):
    """A close in the year 9999 has millions of days with opening hours."""
    conn.execute("INSERT INTO cention.opening_hours VALUES ('demo', 1, NULL, 1, 480, 1020)")
    arrive(conn, 1)
    arrive(conn, 2)
    act(conn, 2, "closed", "9999-06-01 00:00:00+00")
    monkeypatch.setattr(job, "STATEMENT_S", 1)

    compute_figures(session)

    assert computed(conn) == [("demo", 1)]
    assert problems(conn) == {2: ("failed", "cannot be computed: QueryCanceled 57014")}


def test_a_table_that_is_locked_sets_no_errand_aside_and_its_marks_stay(
    conn, session, monkeypatch, database
):
    compute_figures(session)
    arrive(conn, 1)
    monkeypatch.setattr(job, "STATEMENT_S", 2)
    monkeypatch.setattr(job, "LOCK_S", 1)
    with psycopg.connect(database) as other:
        other.execute("LOCK analyst.errand_metrics")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            compute_figures(session)

    assert problems(conn) == {}
    assert conn.execute("SELECT record_id FROM intake.metrics_due").fetchall() == [(1,)]
    compute_figures(session)
    assert computed(conn) == [("demo", 1)]


@pytest.mark.parametrize("table", ["analyst.backlog_day", "intake.area_day"])
def test_a_table_of_days_that_is_locked_is_not_waited_for_and_is_computed_later(
    conn, session, monkeypatch, database, table
):
    arrive(conn, 1)
    monkeypatch.setattr(job, "LOCK_S", 0.1)
    with psycopg.connect(database) as other:
        other.execute(f"LOCK {table}")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            compute_figures(session)

    compute_figures(session)
    assert backlog(conn)
    assert conn.execute("SELECT FROM analyst.area_day").fetchall() != []
    assert conn.execute("SELECT FROM intake.day_due").fetchall() == []


@pytest.mark.parametrize("marked", [True, False])
def test_of_a_batch_that_fails_no_more_parts_are_computed_than_there_is_time(conn, session, marked):
    if marked:
        compute_figures(session)
    break_errand(conn, 1)
    for errand_id in range(2, 17):
        arrive(conn, errand_id)
    arrive(conn, 1, workspace="other")
    if not marked:
        conn.execute("DELETE FROM intake.metrics_due")

    assert recompute(session, run_s=-1)

    assert set(problems(conn)) == {1}
    assert computed(conn) == [("other", 1)]
    if not marked:
        assert metrics_progress.read(conn, "demo").after_id == 1
    compute_figures(session)
    assert len(computed(conn)) == 16


def test_a_computation_of_everything_goes_on_after_the_last_part_of_a_batch_that_fails(
    conn, session, monkeypatch
):
    break_errand(conn, 1)
    for errand_id in range(2, 17):
        arrive(conn, errand_id)
    conn.execute("DELETE FROM intake.metrics_due")
    compute = job.metrics.compute

    def ended(own, workspace, ids):
        if ids[0] == 9:
            raise psycopg.OperationalError("the server ends")
        return compute(own, workspace, ids)

    monkeypatch.setattr(job.metrics, "compute", ended)
    with pytest.raises(psycopg.OperationalError):
        recompute(session)

    assert metrics_progress.read(conn, "demo").after_id == 8


def test_days_of_the_backlog_that_always_fail_wait_and_all_others_are_computed(conn, session):
    wait_after_failures(conn)
    arrive(conn, 1, at=now() - 60 * DAY)
    arrive(conn, 1, workspace="other")
    wrong = days_before_today(*range(10, 45))
    conn.execute(
        "ALTER TABLE analyst.backlog_day ADD CONSTRAINT broken"
        f" CHECK (day NOT BETWEEN '{wrong[-1]}' AND '{wrong[0]}') NOT VALID"
    )

    compute_figures(session)

    days = [day for day, _ in backlog(conn)]
    assert days == [one for one in days_before_today(*range(60, 0, -1)) if one not in wrong]
    left = conn.execute("SELECT kept, day, failures FROM intake.day_due ORDER BY day").fetchall()
    assert left == [("backlog_day", day, 1) for day in reversed(wrong)]
    assert conn.execute("SELECT FROM analyst.area_day").fetchall() != []
    assert metrics_progress.work(conn) == []
    conn.execute("ALTER TABLE analyst.backlog_day DROP CONSTRAINT broken")
    conn.execute("UPDATE intake.day_due SET retry_at = now()")
    compute_figures(session)
    assert [day for day, _ in backlog(conn)] == days_before_today(*range(60, 0, -1))


def test_a_backlog_that_is_locked_does_not_stop_the_tables_of_days(
    conn, session, monkeypatch, database
):
    compute_figures(session)
    arrive(conn, 1)
    monkeypatch.setattr(job, "LOCK_S", 0.1)
    with psycopg.connect(database) as other:
        other.execute("LOCK analyst.backlog_day")
        for _ in range(2):  # first the errand, then its days
            with pytest.raises(psycopg.errors.LockNotAvailable):
                compute_figures(session)

        assert conn.execute("SELECT FROM intake.area_day").fetchall() != []


def test_a_round_of_many_slow_workspaces_ends_and_the_next_one_goes_on(conn, session, monkeypatch):
    arrive(conn, 1)
    monkeypatch.setattr(job, "ROUND_S", -1.0)
    assert recompute(session, run_s=-1)
    assert computed(conn) == []

    monkeypatch.undo()
    compute_figures(session)
    assert computed(conn) == [("demo", 1)]


def test_a_statement_that_is_wrong_sets_no_errand_aside(conn, session):
    arrive(conn, 1)
    conn.execute("ALTER TABLE analyst.errand_response RENAME TO hidden")
    with pytest.raises(psycopg.errors.UndefinedTable):
        compute_figures(session)
    conn.execute("ALTER TABLE analyst.hidden RENAME TO errand_response")

    compute_figures(session)

    assert computed(conn) == [("demo", 1)]


def test_a_workspace_that_always_fails_does_not_stop_the_others(conn, session):
    arrive(conn, 1)
    arrive(conn, 1, workspace="other")
    conn.execute("UPDATE cention.workspace SET timezone = 'Nowhere' WHERE workspace = 'demo'")

    with pytest.raises(psycopg.DataError):
        compute_figures(session)

    assert computed(conn) == [("other", 1)]
    assert backlog(conn) == [(day, 1) for day in days_before_today(3, 2, 1)]


@pytest.mark.parametrize("at", ["0001-01-01 00:00Z", "1970-01-01 00:00Z", "2262-04-11 23:47Z"])
def test_an_implausible_arrival_counts_as_unknown_and_is_told(conn, session, at):
    arrive(conn, 1)
    arrive(conn, 2, at=at)

    compute_figures(session)

    [row] = conn.execute(
        "SELECT arrived_at, arrived_on, first_response_min, waiting_on_us_min"
        " FROM analyst.errand_metrics WHERE errand_id = 2"
    ).fetchall()
    assert row == (None, None, None, None)
    assert backlog(conn) == [(day, 1) for day in days_before_today(3, 2, 1)]
    assert problems(conn).keys() == {2}
    assert problems(conn)[2][0] == "arrival"


def test_an_event_more_than_a_day_before_the_arrival_is_told(conn, session):
    for errand_id in range(1, 5):
        arrive(conn, errand_id, at="2025-03-03 12:00Z")
    conn.execute(
        "UPDATE cention.errand SET answered_at = '1970-01-01 00:00Z' WHERE errand_id = 1;"
        "UPDATE cention.errand SET done_at = '2025-03-02 11:59Z' WHERE errand_id = 2;"
        "UPDATE cention.errand SET done_at = '2025-03-02 12:00Z' WHERE errand_id = 4"
    )
    act(conn, 3, "closed", "2025-03-01 12:00Z")

    compute_figures(session)

    assert problems(conn) == {
        1: ("arrival", "answered_at is 1970-01-01 00:00 AD: before 2000"),
        2: ("arrival", "done_at is 2025-03-02 11:59 AD: more than a day before the arrival"),
        3: (
            "arrival",
            "the time of an action is 2025-03-01 12:00 AD: more than a day before the arrival",
        ),
    }


def test_errands_whose_arrival_counts_as_unknown_are_no_repeat_contacts(conn, session):
    ago = now() - 3 * DAY
    for errand_id, at in enumerate(
        ("1970-01-01 00:00Z", "1970-01-02 00:00Z", ago, ago + timedelta(hours=1)), start=1
    ):
        arrive(conn, errand_id, at=at)
    conn.execute("UPDATE cention.errand SET from_address = 'anna@example.org'")
    compute_figures(session)
    pairs = "SELECT errand_id, earlier_errand_id FROM analyst.repeat_contact"
    found = [conn.execute(pairs).fetchall()]

    arrive(conn, 3, at="1970-01-03 00:00Z")
    compute_figures(session)
    found.append(conn.execute(pairs).fetchall())
    arrive(conn, 3)
    compute_figures(session)
    found.append(conn.execute(pairs).fetchall())

    assert found == [[(4, 3)], [], [(4, 3)]]


def test_an_arrival_that_is_corrected_is_no_problem_any_more(conn, session):
    arrive(conn, 1, at="1970-01-01 00:00Z")
    compute_figures(session)
    arrive(conn, 1)

    compute_figures(session)

    assert problems(conn) == {}
    assert backlog(conn) == [(day, 1) for day in days_before_today(3, 2, 1)]


def test_many_days_are_computed_in_many_transactions(conn, session, monkeypatch):
    compute_figures(session)
    sizes: list[int] = []
    compute = job.backlog.compute

    def recorded(conn, workspace, days):
        sizes.append(len(days))
        compute(conn, workspace, days)

    monkeypatch.setattr(job.backlog, "compute", recorded)
    arrive(conn, 1, at=now() - 400 * DAY)
    compute_figures(session)

    assert len(backlog(conn)) == 400
    assert sum(sizes) == 400
    assert max(sizes) <= job.DAYS


def test_a_long_transaction_elsewhere_holds_nothing_up(conn, session, postgres):
    compute_figures(session)
    with psycopg.connect(postgres.url) as long, session() as other:
        long.execute("SELECT pg_current_xact_id()")
        with other.transaction():
            other.execute("SELECT pg_current_xact_id()")
            arrive(conn, 1)
            compute_figures(session)

    assert computed(conn) == [("demo", 1)]


def test_a_rebuild_that_is_asked_for_while_a_batch_runs_begins_anew(conn, session, monkeypatch):
    for errand_id in (1, 2, 3):
        arrive(conn, errand_id)
    conn.execute("DELETE FROM intake.metrics_due")
    compute, batches = job.metrics.compute, []

    def interrupted(own, workspace, ids):
        batches.append(list(ids))
        if len(batches) == 1:
            metrics_progress.begin(conn, "demo")
        return compute(own, workspace, ids)

    monkeypatch.setattr(job.metrics, "compute", interrupted)
    monkeypatch.setattr(job, "BATCH", 2)
    compute_figures(session)

    assert batches == [[1, 2], [1, 2], [3]]


def test_days_that_end_are_computed_while_changes_keep_coming(conn, session, monkeypatch):
    compute_figures(session)
    monkeypatch.setattr(job, "BATCH", 1)
    for errand_id in range(1, 5):
        arrive(conn, errand_id)
    conn.execute("UPDATE intake.metrics_progress SET day = day - 2")
    yesterday = days_before_today(1)

    assert recompute(session, run_s=0)

    found = conn.execute("SELECT DISTINCT day FROM intake.metrics_progress").fetchall()
    assert found == [(day,) for day in yesterday]
    assert [day for day, _ in backlog(conn)] == days_before_today(3, 2, 1)


def test_nothing_is_looked_at_where_nothing_is_to_be_done(conn, session):
    arrive(conn, 1, at=now())  # no day is over yet at which it was open
    compute_figures(session)

    assert metrics_progress.work(conn) == []


@pytest.mark.parametrize(
    "states", [("open", "gone", "open"), ("open", "deleted", "gone"), ("gone", "open", "gone")]
)
def test_an_errand_that_ends_and_returns_counts_once(conn, session, states):
    arrive(conn, 1, at=now() - 20 * DAY)
    times = [now() - days * DAY for days in (20, 13, 6)]
    for state, begin, end in zip(states, times, [*times[1:], None], strict=True):
        conn.execute(
            "INSERT INTO cention.errand_version (workspace, errand_id, valid_from, valid_to, state,"
            " area_id, closed, answered, deleted, fetched_at, fetch_times, action_times,"
            " missing_parts) VALUES ('demo', 1, %s, %s, %s, 1, false, false, %s, %s,"
            " ARRAY[%s]::timestamptz[], ARRAY[NULL]::timestamptz[], ARRAY[0])",
            [begin, end, state, state == "deleted", begin, begin],
        )

    compute_figures(session)

    assert {number for _, number in backlog(conn)} == {1}
    assert len({day for day, _ in backlog(conn)}) == len(backlog(conn))


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Sao_Paulo", "2018-11-03"),  # midnight does not exist
        ("America/Sao_Paulo", "2018-02-17"),  # the hour before midnight comes twice
        ("Asia/Beirut", "2021-03-27"),
        ("Asia/Beirut", "2021-10-30"),
        ("America/Havana", "2023-03-11"),
        ("America/Havana", "2023-11-04"),  # midnight comes twice
        ("Atlantic/Azores", "2023-10-28"),
        ("Europe/Stockholm", "2023-10-28"),
    ],
)
def test_a_day_ends_when_the_date_of_the_clock_changes(conn, session, zone, day):
    conn.execute("UPDATE cention.workspace SET timezone = %s", [zone])
    day = datetime.fromisoformat(day).date()
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    minutes = (noon + timedelta(minutes=number) for number in range(1, 1_000))
    end = next(one for one in minutes if one.astimezone(ZoneInfo(zone)).date() > day)
    for errand_id, at in enumerate((end - timedelta(minutes=1), end), start=1):
        arrive(conn, errand_id, at=at)
        act(conn, errand_id, "closed", at + timedelta(minutes=1, seconds=30))

    compute_figures(session)

    assert backlog(conn) == [(day, 1)]


def test_errands_that_are_marked_again_are_computed(conn, session):
    break_errand(conn, 1)
    compute_figures(session)
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")  # nothing is marked
        conn.execute("UPDATE cention.errand_action SET happened_at = now()")

    metrics_due.mark(conn, "demo", metrics_problems.failed_errands(conn, "demo"))
    compute_figures(session)

    assert computed(conn) == [("demo", 1)]
