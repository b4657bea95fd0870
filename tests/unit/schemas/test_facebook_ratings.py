from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schemas.cention.facebook_ratings import FacebookRating, read_facebook_rating
from schemas.errors import DocumentError, NullResource


def data(rating):
    return rating["data"]["attributes"]["data"]


def test_the_documented_rating_becomes_a_record(rating):
    assert read_facebook_rating(rating) == FacebookRating(
        rating_id=3,
        rating=5,
        message="Hi its a really great page. It helps to find more people:)",
        reviewer_id=2117249628,
        reviewer_name="Jessica Elizabeth",
        created_at=datetime(2017, 3, 15, 9, 10, 20, tzinfo=UTC),
    )


@pytest.mark.parametrize("nothing", [0, "", None])
def test_zero_and_empty_values_are_none(rating, nothing):
    text = None if nothing == 0 else nothing
    data(rating).update(rating=nothing, reviewerId=nothing, timestampCreated=nothing)
    data(rating).update(message=text, reviewerName=text)

    assert read_facebook_rating(rating) == FacebookRating(
        rating_id=3,
        rating=None,
        message=None,
        reviewer_id=None,
        reviewer_name=None,
        created_at=None,
    )


def test_the_id_of_a_reviewer_may_need_all_64_bits(rating):
    data(rating)["reviewerId"] = 2**63 - 1

    assert read_facebook_rating(rating).reviewer_id == 2**63 - 1


@pytest.mark.parametrize(
    ("member", "value"),
    [("rating", True), ("message", []), ("reviewerId", "x"), ("timestampCreated", 2**62)],
)
def test_a_fault_has_its_pointer(rating, member, value):
    data(rating)[member] = value

    with pytest.raises(DocumentError, match=rf"^/data/attributes/data/{member}: "):
        read_facebook_rating(rating)


def test_a_rating_without_its_data_is_refused(rating):
    del rating["data"]["attributes"]["data"]

    with pytest.raises(DocumentError, match=r"^/data/attributes/data: "):
        read_facebook_rating(rating)


def test_a_document_of_another_type_is_refused(report):
    with pytest.raises(DocumentError, match=r"^/data/type: "):
        read_facebook_rating(report)


def test_a_rating_of_null_is_a_null_resource():
    with pytest.raises(NullResource):
        read_facebook_rating({"data": None})
