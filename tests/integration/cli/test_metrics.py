"""`cention metrics`: figures of errands are computed again."""

from __future__ import annotations

import psycopg

from tests.integration.conftest import context_of
from tests.support.databases import run_query
from workers.analytics.jobs.recompute import recompute
from workers.config.settings import load_settings
from workers.operations.store.gauges import read_gauges
from workers.tasks.metrics import metrics


def test_a_rebuild_has_the_task_compute_every_errand(terminal, database):
    terminal.run("migrate")
    run_query(
        database,
        "INSERT INTO cention.errand (workspace, errand_id, arrived_at, fetched_at)"
        " VALUES ('demo', 7, now() - interval '1 hour', now())",
    )
    metrics()
    run_query(database, "DELETE FROM analyst.errand_metrics")

    result = terminal.run("metrics", "rebuild")
    metrics()

    assert result.stdout == "The workers compute all figures again.\n"
    question = "SELECT errand_id, state, waiting_on FROM analyst.errand_metrics"
    assert run_query(database, question) == [{"errand_id": 7, "state": "open", "waiting_on": "us"}]


def test_a_rebuild_from_a_day_says_so(terminal):
    terminal.run("migrate")

    result = terminal.run("metrics", "rebuild", "--from", "2026-01-31")

    assert result.stdout == "The workers compute the figures since 2026-01-31 again.\n"


def test_a_day_that_is_none_is_refused(terminal):
    result = terminal.run("metrics", "rebuild", "--from", "2026-02-31")

    assert result.exit_code == 2


def test_errands_without_figures_are_listed(terminal, database):
    terminal.run("migrate")
    nothing = terminal.run("metrics", "problems").stdout
    assert nothing == "No errand has a problem.\n"
    run_query(
        database,
        "INSERT INTO cention.errand (workspace, errand_id, arrived_at, fetched_at)"
        " VALUES ('demo', 7, '1970-01-01 00:00Z', now())",
    )
    with context_of(load_settings()) as context:
        recompute(context.session)

    [found] = terminal.json("metrics", "problems")

    assert (found["errand_id"], found["kind"]) == (7, "arrival")
    assert found["problem"] == "arrived_at is 1970-01-01 00:00 AD: before 2000"
    [state] = terminal.json("status")["figures"]
    assert (state["failed"], state["arrivals"]) == (0, 1)


def test_metrics_show_how_far_figures_are_behind(terminal, database):
    terminal.run("migrate")
    run_query(database, "UPDATE intake.metrics_due SET marked_at = now() - interval '1 hour'")

    with psycopg.connect(database) as conn:
        found = {one.name: one.value for one in read_gauges(conn)}

    assert 3600 <= found["cention_figures_oldest_seconds"] < 3900
    assert found["cention_figures_failed"] == 0


def test_a_retry_ends_the_wait_of_days_and_login_names_that_failed(terminal, database):
    terminal.run("migrate")
    wait = "1, now() + interval '30 minutes'"
    run_query(
        database,
        "INSERT INTO intake.day_due (workspace, kept, day, failures, retry_at) VALUES"
        f" ('demo', 'area_day', '2026-01-31', {wait}), ('demo', 'sla_day', '-infinity', {wait})",
    )
    run_query(
        database,
        "INSERT INTO intake.logon_due (workspace, login_name, failures, retry_at)"
        f" VALUES ('demo', 'asa', {wait})",
    )
    with context_of(load_settings()) as context:
        recompute(context.session)
    assert len(run_query(database, "SELECT kept FROM intake.day_due")) == 2

    result = terminal.run("metrics", "retry")
    with context_of(load_settings()) as context:
        recompute(context.session)

    assert result.stdout == (
        "The workers compute the figures of 0 errands, 2 days, 1 login name again.\n"
    )
    for table in ("day_due", "logon_due"):
        assert run_query(database, f"SELECT * FROM intake.{table}") == []
