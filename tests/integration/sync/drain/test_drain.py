from __future__ import annotations

from threading import Event

from tests.integration.bridge import RATINGS
from workers.config.names import Family


def test_a_changed_errand_ends_in_the_database_and_leaves_the_list(bridge, cention, errand):
    errand_id = errand()

    found = bridge.poll()
    drained = bridge.drain()

    assert (found, drained.claimed) == (1, 1)
    [row] = bridge.rows("SELECT errand_id, subject FROM cention.errand")
    expected = cention.control(f"truth?errand={errand_id}")
    assert row["errand_id"] == errand_id
    assert row["subject"].endswith(f"[{expected['version']}]")
    assert len(bridge.rows("SELECT 1 AS one FROM cention.errand_action")) == 3
    assert bridge.rows("SELECT 1 AS one FROM intake.wanted") == []
    assert [r["problem"] for r in bridge.rows("SELECT problem FROM intake.landed")] == [None]


def test_a_report_whose_sla_is_not_yet_computed_is_written_and_fetched_again(
    bridge, cention, errand
):
    cention.control("faults", {"sla_null": {"probability": 1}})
    errand()

    bridge.poll()
    bridge.drain()

    assert bridge.rows("SELECT sla_pending FROM cention.errand") == [{"sla_pending": True}]
    [row] = bridge.rows("SELECT looks, due_at > now() + interval '50s' AS later FROM intake.wanted")
    assert row == {"looks": 1, "later": True}


def test_an_attachment_is_stored_once_per_content(bridge, cention):
    made = cention.control("attachments", {"bytes": 300_000, "type": "c3_response_attachments"})
    bridge.want(Family.RESPONSE_ATTACHMENTS, int(made["id"]))

    bridge.drain(Family.RESPONSE_ATTACHMENTS)

    [row] = bridge.rows(
        "SELECT state, size_bytes, encode(sha256, 'hex') AS sha256, length(content) AS length"
        " FROM cention.attachment JOIN cention.blob USING (sha256)"
    )
    assert row["state"] == "stored"
    assert row["size_bytes"] == row["length"] == 300_000


def test_characters_that_postgres_cannot_store_are_replaced_and_the_report_is_written(
    bridge, cention
):
    ids = cention.control("errands", {"count": 60, "actions": 1})["ids"]  # some hold U+0000

    bridge.poll()
    bridge.drain()

    assert bridge.rows("SELECT problem FROM intake.landed WHERE problem IS NOT NULL") == []
    assert len(bridge.rows("SELECT errand_id FROM cention.errand")) == len(ids)


def test_a_record_fetched_late_in_its_batch_has_the_time_of_its_request(offline_bridge, ratings):
    """Else one that changed between the claim and its request would count as fetched before."""
    bridge = offline_bridge
    bridge.want(RATINGS, *range(1, 9))
    ratings.before_answer = lambda _: Event().wait(0.2)  # so that the second four come later

    bridge.drain(ratings.spec())

    [row] = bridge.rows(
        "SELECT extract(epoch FROM max(fetched_at) - min(fetched_at))::float8 AS apart_s"
        " FROM cention.facebook_rating"
    )
    assert row["apart_s"] >= 0.2
