"""A drain reads the rows that it needs, whatever Postgres knew of the tables when it planned."""

from __future__ import annotations

from tests.integration.bridge import RATINGS
from workers.sync.store import wanted

READ = """
SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read FROM pg_stat_xact_all_tables
WHERE relid = %s::regclass
"""
LAND = """
INSERT INTO intake.landed (workspace, family, remote_id, document, fetched_at, understood_at)
SELECT 'demo', 'facebook_ratings', id, '{}', now(), now() FROM generate_series(1, 2000) AS one (id)
"""


def claim(conn, limit=10):
    return wanted.claim(conn, "demo", RATINGS, slot=0, limit=limit, lease_s=60)


def test_a_claim_takes_no_more_than_its_limit_though_the_plan_is_of_an_empty_list(bridge):
    with bridge.context.session() as conn, conn.transaction():
        wanted.want(conn, "demo", RATINGS, range(1, 2001))
        conn.execute("DELETE FROM intake.wanted")
        conn.execute("ANALYZE intake.wanted")
        conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for _ in range(10):  # from the fifth on, statements are prepared
            claim(conn)
        wanted.want(conn, "demo", RATINGS, range(1, 2001))
        before = conn.execute(READ, ["intake.wanted"]).fetchall()[0][0]

        claimed = claim(conn)
        read = conn.execute(READ, ["intake.wanted"]).fetchall()[0][0] - before

    assert sorted(record.remote_id for record in claimed.records) == list(range(1, 11))
    assert read <= 50


def test_documents_are_looked_up_by_id_though_nothing_is_known_of_their_table(bridge):
    with bridge.context.session() as conn, conn.transaction():
        wanted.want(conn, "demo", RATINGS, range(1, 2001))
        conn.execute(LAND)
        before = conn.execute(READ, ["intake.landed"]).fetchall()[0][0]

        claim(conn)
        read = conn.execute(READ, ["intake.landed"]).fetchall()[0][0] - before

    assert read <= 10
