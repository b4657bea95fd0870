"""A sandbox that begins anew, and the errands that an earlier one invented."""

from __future__ import annotations

import psycopg

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
