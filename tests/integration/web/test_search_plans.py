"""What is rare is found by index, and so are the newest of many, errands and invitations."""

from __future__ import annotations

from dataclasses import asdict

import psycopg
import pytest

from workers.operations.store import errand_search
from workers.operations.store.errand_search import Search
from workers.surveys.store import invitations

ERRANDS = 20_000


@pytest.fixture
def conn(database):
    """A database in which nearly all errands are closed and have one tag."""
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute(
            "INSERT INTO cention.errand (workspace, errand_id, subject, closed, arrived_at,"
            " fetched_at) SELECT 'demo', n, 'Where is my parcel', n %% 5000 > 0,"
            " timestamptz '2024-01-01 UTC' + n * interval '10 minutes', now()"
            " FROM generate_series(1, %s) AS n",
            [ERRANDS],
        )
        conn.execute(
            "INSERT INTO cention.errand_tag SELECT workspace, errand_id, 1, now()"
            " FROM cention.errand WHERE errand_id %% 5 > 0"
            " UNION ALL SELECT 'demo', 7, 2, now()",
            [],
        )
        conn.execute("VACUUM ANALYZE cention.errand, cention.errand_tag")
        yield conn


def plan(conn, **wanted):
    parameters = asdict(Search(workspace="demo", **wanted)) | {"limit": 51}
    query = f"EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) {errand_search.SQL['search']}"
    found = conn.execute(query, parameters, prepare=False).fetchall()
    return "\n".join(line for [line] in found)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"state": "open"}, "errand_state"),
        ({"state": "gone"}, "errand_state"),
        ({"state": "closed"}, "errand_state"),
        ({"tag_id": 2}, "errand_tag_tag"),
        ({"tag_id": 3}, "errand_tag_tag"),
        ({}, "errand_arrived"),
    ],
)
def test_a_filter_is_looked_up_by_its_index(conn, wanted, index):
    text = plan(conn, **wanted)

    assert f"using {index}" in text or f"on {index}" in text, text
    assert "Seq Scan on errand" not in text, text


@pytest.mark.parametrize("wanted", [{"state": "open"}, {"tag_id": 1}, {"tag_id": 2}])
def test_a_filter_reads_few_rows_that_do_not_fit(conn, wanted):
    text = plan(conn, **wanted)

    removed = [int(line.rpartition(" ")[2]) for line in text.splitlines() if "Removed" in line]
    assert sum(removed) < 100, text
    assert "SubPlan" not in text, text


@pytest.mark.parametrize("state", [None, "triggered"])
def test_the_newest_invitations_are_looked_up_by_index(conn, state):
    conn.execute(
        "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
        " vendor, survey, channel, person_sha256, event_at, due_at, send_until, sent_by, sent_at,"
        " state, expires_at) SELECT 'demo', n::text, n, 'csat', 1, 'own', '{}', 'email',"
        " sha256(n::text::bytea), now(), now(), now(), gen_random_uuid(), now(), 'triggered',"
        " now() FROM generate_series(1, 20000) AS n"
    )
    conn.execute("VACUUM ANALYZE feedback.invitation")
    parameters = {"workspace": "demo", "state": state, "limit": 50}

    question = f"EXPLAIN {invitations.SQL['invitation_list']}"
    lines = [line for [line] in conn.execute(question, parameters, prepare=False)]

    assert any("invitation_newest" in line for line in lines), "\n".join(lines)
    assert not any("Sort" in line for line in lines), "\n".join(lines)
