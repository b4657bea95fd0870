"""`cention metrics`: figures of errands are computed again."""

from __future__ import annotations

from tests.support.databases import run_query
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
