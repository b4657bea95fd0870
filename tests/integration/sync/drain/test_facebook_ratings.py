from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.integration.bridge import RATINGS, answering, raising, rating
from workers.clients.errors import NotFound

GONE = NotFound("not found", api="cention", status=404)


def ratings(bridge):
    return bridge.rows("SELECT * FROM cention.facebook_rating")


def test_every_field_of_a_rating_ends_in_its_column(offline_bridge, document):
    offline_bridge.want(RATINGS, 3)

    offline_bridge.drain(RATINGS, fetch=answering(document("facebook_rating_3")))

    sample = document("facebook_rating_3")["data"]["attributes"]["data"]
    [row] = ratings(offline_bridge)
    assert row.pop("fetched_at") is not None
    assert row == {
        "workspace": "demo",
        "rating_id": 3,
        "rating": sample["rating"],
        "message": sample["message"],
        "reviewer_id": sample["reviewerId"],
        "reviewer_name": sample["reviewerName"],
        "created_at": datetime.fromtimestamp(sample["timestampCreated"], UTC),
        "gone_at": None,
    }


def test_a_changed_rating_replaces_the_stored_one(offline_bridge):
    for message in ("fine", "not so fine"):
        offline_bridge.want(RATINGS, 3)
        offline_bridge.drain(RATINGS, fetch=answering(rating(3, message=message)))

    assert [row["message"] for row in ratings(offline_bridge)] == ["not so fine"]


@pytest.mark.parametrize("changed", [True, False, None])
def test_the_changed_flag_of_a_rating_stays_in_its_document_only(offline_bridge, changed):
    """Cention does not document it, and the list of changes says which ratings changed."""
    sample = rating(3)
    sample["data"]["attributes"]["data"]["isChanged"] = changed
    offline_bridge.want(RATINGS, 3)

    offline_bridge.drain(RATINGS, fetch=answering(sample))

    assert [row["message"] for row in ratings(offline_bridge)] == ["fine"]
    assert offline_bridge.rows("SELECT document, problem FROM intake.landed") == [
        {"document": sample, "problem": None}
    ]


def test_a_rating_about_another_id_is_unreadable(offline_bridge):
    offline_bridge.want(RATINGS, 4)

    offline_bridge.drain(RATINGS, fetch=answering(rating(3)))

    assert ratings(offline_bridge) == []
    assert offline_bridge.rows("SELECT remote_id, problem FROM intake.landed") == [
        {"remote_id": 4, "problem": "/data/id: is 3, but 4 was asked for"}
    ]


def test_a_deleted_rating_is_marked_after_two_fetches_and_unmarked_when_it_is_restored(
    offline_bridge,
):
    offline_bridge.want(RATINGS, 3)
    for _ in range(2):
        offline_bridge.make_due()
        offline_bridge.drain(RATINGS, fetch=raising(GONE))
    [gone] = ratings(offline_bridge)

    offline_bridge.want(RATINGS, 3)
    offline_bridge.drain(RATINGS, fetch=answering(rating(3)))

    assert gone["gone_at"] is not None
    [back] = ratings(offline_bridge)
    assert (back["gone_at"], back["message"]) == (None, "fine")
