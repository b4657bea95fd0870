"""A sandbox that begins anew, and the errands that an earlier one invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from deploy.run.sandbox_history import forget_changed_days
from deploy.run.startup import want_open_errands


def test_open_errands_of_an_earlier_sandbox_are_gone_after_another_start(bridge, cention):
    [known] = cention.control("errands", {"count": 1, "actions": 1})["ids"]
    bridge.execute(
        "INSERT INTO cention.errand (workspace, errand_id, closed, gone_at, fetched_at) VALUES"
        " ('demo', 71, false, NULL, now()), ('demo', 72, true, NULL, now()),"
        " ('demo', 73, false, now(), now()), ('other', 74, false, NULL, now()),"
        f" ('demo', {known}, false, NULL, now())"
    )

    with psycopg.connect(bridge.database) as conn:
        want_open_errands(conn, "demo")
    assert bridge.wanted_ids() == [71, known]
    for _ in range(2):  # an errand is gone once a second request has not found it either
        bridge.drain()
        bridge.execute(
            "UPDATE intake.wanted SET due_at = now(), missing_since = now() - interval '1 h'"
        )

    query = (
        "SELECT errand_id, gone_at IS NULL AS there FROM cention.errand WHERE workspace = 'demo'"
    )
    rows = {row["errand_id"]: row["there"] for row in bridge.rows(query)}
    assert rows == {71: False, 72: True, 73: False, known: True}
    assert bridge.wanted_ids() == []


@pytest.mark.usefixtures("one_day")
def test_after_a_pause_the_days_whose_errands_may_have_changed_since_are_fetched_again(bridge):
    """A day is final once it is older than anything happens to an errand, 35 days."""
    bridge.execute(
        "INSERT INTO intake.backfilled (workspace, preset_id, by_closure, day, run_id, done_at)"
        " SELECT workspace, preset, false, current_date - days, 1,"
        " now() - make_interval(days => done) FROM (VALUES"
        " ('demo', '1', 11, 10), ('demo', '1', 40, 10), ('demo', '1', 60, 10),"
        " ('demo', '1', 12, 0), ('demo', '1', 300, 290), ('demo', '2', 11, 10),"
        " ('other', '1', 11, 10)) AS v (workspace, preset, days, done)"
    )

    with psycopg.connect(bridge.database) as conn:
        forget_changed_days(conn, "demo", datetime.now(UTC).date() - timedelta(days=182))

    rows = bridge.rows(
        "SELECT workspace, preset_id, current_date - day AS days FROM intake.backfilled"
        " ORDER BY workspace, preset_id, day DESC"
    )
    kept = [(row["workspace"], row["preset_id"], row["days"]) for row in rows]
    assert kept == [
        ("demo", "1", 12),  # fetched by this run, or the last, a moment ago
        ("demo", "1", 60),
        ("demo", "1", 300),  # before the past that is wanted
        ("demo", "2", 11),
        ("other", "1", 11),
    ]
