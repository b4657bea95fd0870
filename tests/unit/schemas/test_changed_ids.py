from __future__ import annotations

import pytest

from schemas.cention.changed_ids import ChangedIds
from schemas.cention.errand_reports import read_changed_errands
from schemas.cention.facebook_ratings import read_changed_facebook_ratings
from schemas.errors import DocumentError

ERRANDS = "c3_dirty_errand_list"
RATINGS = "c3_dirty_facebook_ratings"


def listing(errands):
    return {"data": {"type": ERRANDS, "id": "0", "attributes": {"errands": errands}}}


def identifiers(*ids):
    return {"data": [{"type": RATINGS, "id": id_} for id_ in ids]}


def changed(*ids, dropped=0):
    return ChangedIds(ids=ids, dropped=dropped)


def test_the_documented_list_of_errands_is_read_in_its_order(document):
    read = read_changed_errands(document("dirty_errand_list"))

    assert read == changed(34, 3203, 3204, 3216, 3217)


def test_the_documented_list_of_ratings_is_read_in_its_order(document):
    assert read_changed_facebook_ratings(document("dirty_facebook_ratings")) == changed(3, 4)


@pytest.mark.parametrize(
    "empty",
    [
        {"data": None},
        {"data": []},
        {"data": {"type": ERRANDS, "id": "0"}},
        {"data": {"type": ERRANDS, "id": "0", "attributes": None}},
        {"data": {"type": ERRANDS, "id": "0", "attributes": {}}},
        listing(None),
        listing([]),
    ],
)
def test_every_form_of_an_empty_list_of_errands_is_empty(empty):
    assert read_changed_errands(empty) == changed()


@pytest.mark.parametrize(
    "empty",
    [
        {"data": None},
        {"data": []},
        {"data": {"type": RATINGS, "id": "0"}},
        {"data": {"type": RATINGS, "attributes": {}}},
    ],
)
def test_every_form_of_an_empty_list_of_ratings_is_empty(empty):
    assert read_changed_facebook_ratings(empty) == changed()


def test_an_id_is_returned_once_at_its_first_place():
    assert read_changed_errands(listing([7, "5", 7, 5])) == changed(7, 5)


def test_an_invalid_id_is_dropped_and_counted():
    entries = [True, False, None, 0, "0", -1, "x", "", 1.5, [], {}, 2**63, 9]

    assert read_changed_errands(listing(entries)) == changed(9, dropped=12)


def test_a_rating_that_is_not_an_identifier_is_dropped_and_counted():
    document = {"data": [None, 3, {"type": RATINGS}, {"id": "8"}, {"type": RATINGS, "id": 9}]}

    assert read_changed_facebook_ratings(document) == changed(8, 9, dropped=3)


def test_a_single_rating_need_not_be_in_a_list():
    assert read_changed_facebook_ratings({"data": identifiers("3")["data"][0]}) == changed(3)


def test_a_list_of_errands_may_consist_of_identifiers():
    document = {"data": [{"type": ERRANDS, "id": "3"}]}

    assert read_changed_errands(document) == changed(3)


def test_a_list_of_ten_thousand_is_read():
    assert len(read_changed_errands(listing(list(range(1, 10_001)))).ids) == 10_000


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/data"),
        ([], ""),
        ({"data": "x"}, "/data"),
        ({"data": 7}, "/data"),
        ({"data": False}, "/data"),
        ({"errors": [{"title": "broken"}]}, "/errors"),
        ({"data": None, "errors": [{"title": "broken"}]}, "/errors"),
        ({"data": {}}, "/data/type"),
        ({"data": {"type": "c3_errand_reports", "id": "33"}}, "/data/type"),
        ({"data": [{"type": RATINGS, "id": "3"}]}, "/data/0/type"),
        ({"data": {"type": ERRANDS, "attributes": []}}, "/data/attributes"),
        (listing("34"), "/data/attributes/errands"),
        (listing({"34": True}), "/data/attributes/errands"),
        (listing(["x", None]), "/data"),
        ({"data": [7001, "7002"]}, "/data"),
        ({"data": [{"type": ERRANDS, "id": "0", "attributes": {"errands": [7]}}]}, "/data"),
    ],
)
def test_an_invalid_document_is_not_read_as_an_empty_list(document, pointer):
    with pytest.raises(DocumentError) as refusal:
        read_changed_errands(document)

    assert refusal.value.faults[0].pointer == pointer


def test_ratings_in_the_shape_of_errands_are_not_read_as_an_empty_list():
    in_an_attribute = {"type": RATINGS, "id": "0", "attributes": {"ratings": [7]}}

    with pytest.raises(DocumentError):
        read_changed_facebook_ratings({"data": in_an_attribute})


def test_a_list_of_errands_is_not_read_as_a_list_of_ratings(document):
    with pytest.raises(DocumentError, match=r"^/data/type: "):
        read_changed_facebook_ratings(document("dirty_errand_list"))
