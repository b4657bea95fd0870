"""A first poll may list every record there is: a long list does not slow drains down."""

from __future__ import annotations

from tests.integration.bridge import RATINGS


def test_a_drain_reads_little_of_a_list_whose_length_postgres_does_not_know_yet(
    offline_bridge, ratings
):
    """Statistics are late, and a session reuses the query plan that it made without them."""
    bridge = offline_bridge
    bridge.execute("ALTER TABLE intake.wanted SET (autovacuum_enabled = false)")
    bridge.want(RATINGS, *range(1, 50_001))
    spec = ratings.spec(batch_size=10, max_batches=1)
    for _ in range(12):  # psycopg prepares a statement after some executions
        bridge.drain(spec)

    # Statistics of reads arrive late: the first figure may include the insertion of the list.
    pages = min(bridge.pages_read(lambda: bridge.drain(spec)) for _ in range(2))

    assert pages < 3000
    assert len(ratings.fetched) == 140
