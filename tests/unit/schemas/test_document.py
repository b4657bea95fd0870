from __future__ import annotations

import copy
import json

import pytest

from schemas.cention.callbacks import read_callback
from schemas.errors import MAX_FAULTS, DocumentError, Fault, NullResource
from schemas.jsonapi import collection
from schemas.jsonapi.document import MAX_DEPTH, MAX_INCLUDED


def nested(levels):
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


def errand_number(callback):
    types = [item["type"] for item in callback["included"]]
    return types.index("c3_answer_errands")


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        (["data"], [], "/data"),
        (["data"], "x", "/data"),
        (["data", "type"], 7, "/data/type"),
        (["data", "type"], None, "/data/type"),
        (["data", "attributes"], None, "/data/attributes"),
        (["data", "attributes"], [], "/data/attributes"),
        (["data", "relationships"], [], "/data/relationships"),
        (["data", "relationships"], None, "/data/relationships"),
        (["data", "relationships", "errand"], [], "/data/relationships/errand"),
        (["data", "relationships", "errand"], "x", "/data/relationships/errand"),
        (["data", "relationships", "errand", "data"], "x", "/data/relationships/errand"),
        (["data", "relationships", "errand", "data"], [None], "/data/relationships/errand"),
        (["data", "relationships", "errand", "data", "id"], True, "/data/relationships/errand"),
        (["data", "relationships", "errand", "data", "type"], 1, "/data/relationships/errand"),
        (["data", "relationships", "a/b~c"], 1, "/data/relationships/a~1b~0c"),
        (["included"], {}, "/included"),
        (["included"], None, "/included"),
        (["included", 0], None, "/included/0"),
        (["included", 0, "id"], None, "/included/0/id"),
        (["included", 0, "id"], 1.5, "/included/0/id"),
        (["included", 0, "type"], [], "/included/0/type"),
        (["included", 0, "attributes"], "x", "/included/0/attributes"),
        (["included", 0, "relationships"], 1, "/included/0/relationships"),
        (["errors"], [{"title": "broken"}], "/errors"),
    ],
)
def test_a_member_of_the_wrong_shape_is_refused_with_its_pointer(callback, path, value, pointer):
    holder = callback
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value

    with pytest.raises(DocumentError) as refusal:
        read_callback(callback)

    assert refusal.value.faults[0].pointer == pointer


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        (["data"], "/data"),
        (["data", "type"], "/data/type"),
        (["included", 0, "id"], "/included/0/id"),
        (["included", 0, "type"], "/included/0/type"),
    ],
)
def test_a_missing_member_is_refused_with_its_pointer(callback, path, pointer):
    holder = callback
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]

    with pytest.raises(DocumentError) as refusal:
        read_callback(callback)

    assert refusal.value.faults[0].pointer == pointer


@pytest.mark.parametrize("root", [None, [], "x", 1, True, 1.5])
def test_a_document_that_is_not_an_object_is_refused(root):
    with pytest.raises(DocumentError) as refusal:
        read_callback(root)

    assert refusal.value.faults == (Fault("", "must be an object"),)


def test_null_data_is_a_null_resource(callback):
    callback["data"] = None

    with pytest.raises(NullResource):
        read_callback(callback)


def test_several_faults_are_reported_at_once(callback):
    callback["included"][0] = None
    del callback["included"][1]["id"]

    with pytest.raises(DocumentError) as refusal:
        read_callback(callback)

    assert [fault.pointer for fault in refusal.value.faults] == ["/included/0", "/included/1/id"]


def test_only_the_first_faults_are_reported(callback):
    callback["included"] = [None] * MAX_INCLUDED

    with pytest.raises(DocumentError) as refusal:
        read_callback(callback)

    assert len(refusal.value.faults) == MAX_FAULTS


def test_the_number_of_included_resources_is_limited(callback):
    item = {"type": "c3_moods", "id": "1"}
    callback["included"] = [item] * MAX_INCLUDED
    read_callback(callback)

    callback["included"].append(item)

    with pytest.raises(DocumentError, match=r"^/included: "):
        read_callback(callback)


def test_resources_that_are_written_out_within_relationships_count_as_included(callback):
    callback["included"] = []
    written_out = [
        {"type": "c3_moods", "id": str(number), "attributes": {}} for number in range(MAX_INCLUDED)
    ]
    callback["data"]["relationships"] = {"moods": {"data": written_out}}
    read_callback(callback)

    written_out.append({"type": "c3_moods", "id": "x", "attributes": {}})

    with pytest.raises(DocumentError, match=f"^/included: holds more than {MAX_INCLUDED}"):
        read_callback(callback)


def test_the_number_of_listed_resources_is_limited(monkeypatch):
    monkeypatch.setattr(collection, "MAX_RESOURCES", 2)
    listed = [{"type": "c3_libraries", "id": str(number)} for number in range(3)]

    assert len(collection.read_collection({"data": listed[:2]}).primary) == 2
    with pytest.raises(DocumentError, match=r"^/data: holds more than 2 resources"):
        collection.read_collection({"data": listed})


def test_the_depth_of_a_document_is_limited(callback):
    callback["meta"] = nested(MAX_DEPTH - 1)
    read_callback(callback)

    callback["meta"] = nested(MAX_DEPTH)

    with pytest.raises(DocumentError, match="deeper"):
        read_callback(callback)


def test_a_document_of_any_depth_is_refused_without_recursion(callback):
    callback["meta"] = nested(200_000)

    with pytest.raises(DocumentError, match="deeper"):
        read_callback(callback)


@pytest.mark.parametrize("circle", [[0], [0, 1], [0, 1, 2]])
def test_included_resources_that_form_a_cycle_are_refused(callback, circle):
    """A reader that follows such relationships would never end."""
    items = callback["included"] = [{"type": "c3_moods", "id": str(number)} for number in range(3)]
    for here, there in zip(circle, [*circle[1:], circle[0]], strict=True):
        items[here]["relationships"] = {"next": {"data": [copy.copy(items[there])]}}

    with pytest.raises(DocumentError, match=r"^/included/\d/relationships: "):
        read_callback(callback)


def test_a_long_chain_of_included_resources_is_not_a_cycle(callback):
    callback["included"] = [
        {
            "type": "c3_moods",
            "id": str(number),
            "relationships": {"next": {"data": {"type": "c3_moods", "id": number + 1}}},
        }
        for number in range(MAX_INCLUDED)
    ]

    assert read_callback(callback).errand_id == 2256


def test_an_error_quotes_nothing_of_the_document(callback):
    callback["meta"]["api_secret"] = "hush-hush"
    callback["data"]["type"] = ["hush-hush"]
    callback["data"]["attributes"] = "hush-hush"

    with pytest.raises(DocumentError) as refusal:
        read_callback(callback)

    assert "hush" not in repr(refusal.value)


def test_the_text_of_an_error_is_its_first_fault():
    error = DocumentError(Fault("/data/type", "must be a text"), Fault("/data/id", "is missing"))

    assert str(error) == "/data/type: must be a text"


def test_the_name_of_a_member_in_a_pointer_is_short_and_can_be_stored(callback):
    callback["data"]["relationships"]["\ud800\0" + "x" * 5000] = 1

    with pytest.raises(DocumentError) as refusal:
        read_callback(callback)

    pointer = refusal.value.faults[0].pointer
    assert len(pointer) < 200
    assert json.dumps(pointer).count("\\ufffd") == 2
