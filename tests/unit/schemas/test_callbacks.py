from __future__ import annotations

import copy
import itertools
import json

import pytest

from schemas.cention.attachments import AttachmentKind, AttachmentRef
from schemas.cention.callbacks import ANSWER_EVENT, AnswerRecipient, read_callback
from schemas.errors import DocumentError


def included(callback, type_):
    return next(item for item in callback["included"] if item["type"] == type_)


def errand_of(callback):
    return included(callback, "c3_answer_errands")


def response_of(callback):
    return errand_of(callback)["attributes"]["answer"]["response"]


def without_errand(callback):
    callback["included"].remove(errand_of(callback))
    return callback


def refs(kind, *ids):
    return tuple(AttachmentRef(kind=kind, attachment_id=id_) for id_ in ids)


ALL_ATTACHMENTS = refs(AttachmentKind.RESPONSE, 788, 789, 790) + refs(
    AttachmentKind.AREA_ARCHIVE, 12
)


def test_the_documented_callback_becomes_a_record(callback):
    read = read_callback(callback)

    assert (read.type, read.remote_id) == ("c3_callback_answer_errands", 76)
    assert (read.event, read.errand_id) == (ANSWER_EVENT, 2256)
    assert (read.answer.answer_id, read.answer.response_id) == (1189, 3304)
    assert read.answer.subject == "Creating test errand via API"
    assert read.answer.body_text == "text"
    assert read.answer.body_html.startswith("<div")
    assert read.answer.service_id == 16
    assert (read.answer.service_name, read.answer.service_type) == ("Form", 19)
    assert read.answer.recipients == (
        AnswerRecipient(recipient_id=279, address="david.liew@test.se", name="David Liew"),
    )
    assert read.attachments == ALL_ATTACHMENTS


def test_reading_does_not_change_the_document(callback):
    before = copy.deepcopy(callback)

    read_callback(callback)

    assert callback == before


def test_the_order_of_included_does_not_matter(callback):
    expected = read_callback(callback)

    for order in itertools.permutations(callback["included"]):
        assert read_callback({**callback, "included": list(order)}) == expected


@pytest.mark.parametrize("link", ["http://localhost/x", {"href": "http://localhost/x"}, None, 7])
def test_links_of_any_shape_are_ignored(callback, link):
    for item in callback["included"]:
        item["links"] = {"self": link}

    assert read_callback(callback).attachments == ALL_ATTACHMENTS


def test_a_callback_without_links_is_read_in_the_same_way(callback):
    expected = read_callback(callback)
    for item in callback["included"]:
        item.pop("links", None)

    assert read_callback(callback) == expected


@pytest.mark.parametrize("name", ["attachments", "embedded_archives"])
def test_attachments_that_no_relationship_names_are_found_in_included(callback, name):
    del errand_of(callback)["relationships"][name]

    assert read_callback(callback).attachments == ALL_ATTACHMENTS


def test_attachments_that_are_named_need_not_be_included(callback):
    callback["included"] = [errand_of(callback)]

    assert read_callback(callback).attachments == ALL_ATTACHMENTS


@pytest.mark.parametrize("is_known", [True, False])
def test_attachments_that_only_the_callback_itself_names_are_found(callback, is_known):
    if not is_known:
        without_errand(callback)
    callback["data"]["relationships"] |= {
        "attachments": {"data": [{"type": "c3_response_attachments", "id": "5"}]},
        "embedded_archives": {"data": [{"type": "c3_area_archives", "id": "6"}]},
    }

    found = read_callback(callback).attachments

    assert refs(AttachmentKind.RESPONSE, 5)[0] in found
    assert refs(AttachmentKind.AREA_ARCHIVE, 6)[0] in found


def test_one_attachment_may_be_named_outside_a_list(callback):
    callback["included"] = [errand_of(callback)]
    errand_of(callback)["relationships"] = {
        "attachments": {"data": {"type": "c3_response_attachments", "id": 5}}
    }

    assert read_callback(callback).attachments == refs(AttachmentKind.RESPONSE, 5)


def test_resources_may_be_written_out_within_relationships(callback):
    expected = read_callback(callback)
    included = {(one["type"], one["id"]): one for one in callback.pop("included")}

    def embed(body):
        for relationship in body.get("relationships", {}).values():
            data = relationship["data"]
            listed = data if isinstance(data, list) else [data]
            found = [included[one["type"], one["id"]] for one in listed]
            relationship["data"] = found if isinstance(data, list) else found[0]
            for one in found:
                embed(one)

    embed(callback["data"])

    assert "included" not in callback
    assert read_callback(callback) == expected


def test_an_embedded_resource_of_a_wrong_shape_is_a_fault(callback):
    callback["data"]["relationships"]["errand"]["data"]["attributes"] = []

    with pytest.raises(DocumentError) as raised:
        read_callback(callback)

    pointer = "/data/relationships/errand/data/attributes"
    assert pointer in [fault.pointer for fault in raised.value.faults]


def test_a_response_that_is_null_is_no_answer_and_its_files_are_read(callback):
    errand_of(callback)["attributes"]["answer"]["response"] = None

    read = read_callback(callback)

    assert (read.answer, read.attachments) == (None, ALL_ATTACHMENTS)


def test_an_answer_without_any_attachment_has_none(callback):
    callback["included"] = [errand_of(callback)]
    del errand_of(callback)["relationships"]

    assert read_callback(callback).attachments == ()


def test_images_in_the_html_are_not_attachments(callback):
    response_of(callback)["html_body"] = '<img src="cid:999"/><img src="cid:attachment_998"/>'

    assert read_callback(callback).attachments == ALL_ATTACHMENTS


def test_an_included_resource_of_an_unknown_type_is_ignored(callback):
    callback["included"].append({"type": "c3_moods", "id": "sunny"})

    assert read_callback(callback).attachments == ALL_ATTACHMENTS


def test_of_two_included_resources_with_one_key_the_first_is_used(callback):
    second = copy.deepcopy(errand_of(callback))
    second["attributes"]["answer"]["c3_id"] = 1
    callback["included"].append(second)

    assert read_callback(callback).answer.answer_id == 1189


def test_an_errand_that_is_named_and_not_included_is_known_by_its_id(callback):
    read = read_callback(without_errand(callback))

    assert (read.errand_id, read.answer) == (2256, None)


def test_a_callback_without_included_is_read(callback):
    del callback["included"]

    assert read_callback(callback).errand_id == 2256


@pytest.mark.parametrize(
    "relationships", [{}, {"errand": None}, {"errand": {}}, {"errand": {"data": None}}]
)
def test_an_errand_that_is_not_named_is_the_only_one_included(callback, relationships):
    callback["data"]["relationships"] = relationships

    read = read_callback(callback)

    assert (read.errand_id, read.answer.answer_id) == (2256, 1189)


def test_if_two_errands_are_included_and_none_is_named_none_is_chosen(callback):
    del callback["data"]["relationships"]
    callback["included"].append({**errand_of(callback), "id": "2257"})

    read = read_callback(callback)

    assert (read.errand_id, read.answer) == (None, None)


def test_two_errands_named_at_once_are_a_fault(callback):
    callback["data"]["relationships"]["errand"]["data"] = [
        {"type": "c3_answer_errands", "id": "1"},
        {"type": "c3_answer_errands", "id": "2"},
    ]

    with pytest.raises(DocumentError, match=r"^/data/relationships/errand/data: "):
        read_callback(callback)


@pytest.mark.parametrize(
    ("sent", "event"), [(1, 1), ("1", 1), (1.0, 1), (2, 2), (None, None), ("", None), (-3, -3)]
)
def test_an_event_is_a_number_in_any_notation(callback, sent, event):
    callback["data"]["attributes"]["event"] = sent

    assert read_callback(callback).event == event


def test_a_callback_without_an_event_has_none(callback):
    del callback["data"]["attributes"]

    assert read_callback(callback).event is None


@pytest.mark.parametrize("sent", [True, 1.5, "one", [], {}, 2**31])
def test_an_event_must_be_a_number(callback, sent):
    callback["data"]["attributes"]["event"] = sent

    with pytest.raises(DocumentError, match=r"^/data/attributes/event: "):
        read_callback(callback)


def test_a_callback_of_an_unknown_type_names_its_errand(callback):
    callback["data"]["type"] = "c3_callback_close_errands"
    callback["data"]["attributes"]["event"] = 2
    callback["data"]["relationships"]["errand"]["data"]["type"] = "c3_close_errands"

    read = read_callback(callback)

    assert (read.type, read.event) == ("c3_callback_close_errands", 2)
    assert (read.errand_id, read.answer) == (2256, None)


def test_a_callback_of_an_unknown_type_does_not_use_an_included_errand_it_does_not_name(callback):
    callback["data"]["type"] = "c3_callback_close_errands"
    del callback["data"]["relationships"]

    assert read_callback(callback).errand_id is None


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(id="evt-abc"),
        lambda data: data["attributes"].update(event="closed"),
        lambda data: data["relationships"]["errand"]["data"].update(id="x"),
        lambda data: data["relationships"]["errand"].update(data=[{"type": "x", "id": "1"}] * 2),
    ],
    ids=["id", "event", "errand", "errands"],
)
def test_invalid_members_of_a_callback_of_an_unknown_type_are_no_fault(callback, change):
    callback["data"]["type"] = "c3_callback_close_errands"
    change(callback["data"])

    read = read_callback(callback)

    assert read.type == "c3_callback_close_errands"
    assert read.attachments


def test_valid_members_of_a_callback_of_an_unknown_type_are_read(callback):
    callback["data"] |= {"type": "c3_callback_close_errands", "id": "evt-abc"}

    read = read_callback(callback)

    assert (read.remote_id, read.event, read.errand_id) == (None, 1, 2256)


def test_names_of_older_versions_of_cention_are_accepted(callback):
    expected = read_callback(callback)
    text = json.dumps(callback)
    for new_name, old_name in {
        "c3_callback_answer_errands": "c3_callback_answer_errand",
        "c3_answer_errands": "c3_answer_errand",
        "c3_response_attachments": "c3_responseattachment",
        "c3_area_archives": "c3_areaarchive",
        "html_body": "htmlBody",
        "email_address": "emailAddress",
    }.items():
        text = text.replace(f'"{new_name}"', f'"{old_name}"')

    assert read_callback(json.loads(text)) == expected


def test_the_oldest_type_name_of_an_errand_is_accepted(callback):
    errand_of(callback)["type"] = "c3_errand"

    assert read_callback(callback).answer.answer_id == 1189


@pytest.mark.parametrize("member", ["body", "html_body"])
def test_a_body_that_is_an_object_is_stored_as_json(callback, member):
    response_of(callback)[member] = {"plain": ["Hållo", 1]}

    answer = read_callback(callback).answer

    body = answer.body_text if member == "body" else answer.body_html
    assert json.loads(body) == {"plain": ["Hållo", 1]}


@pytest.mark.parametrize("to", [None, []])
def test_an_answer_with_an_empty_list_has_no_recipients(callback, to):
    response_of(callback)["to"] = to

    assert read_callback(callback).answer.recipients == ()


def test_an_answer_without_a_list_has_no_recipients(callback):
    del response_of(callback)["to"]

    assert read_callback(callback).answer.recipients == ()


def test_zero_and_empty_values_are_none(callback):
    response_of(callback).update(
        subject="", body="", html_body="", to=[{"c3_id": 0, "email_address": "", "name": ""}]
    )
    errand_of(callback)["attributes"]["service"] = {"c3_id": 0, "name": "", "type": None}
    callback["data"]["id"] = "0"

    read = read_callback(callback)

    assert read.remote_id is None
    assert (read.answer.subject, read.answer.body_text, read.answer.body_html) == (None,) * 3
    assert (read.answer.service_id, read.answer.service_name) == (None, None)
    assert read.answer.recipients == (AnswerRecipient(recipient_id=None, address=None, name=None),)


@pytest.mark.parametrize("service", [None, {}])
def test_an_answer_may_lack_a_service(callback, service):
    errand_of(callback)["attributes"]["service"] = service

    assert read_callback(callback).answer.service_id is None


def test_an_errand_without_an_answer_has_none(callback):
    errand_of(callback)["attributes"]["answer"] = None

    read = read_callback(callback)

    assert (read.errand_id, read.answer) == (2256, None)


@pytest.mark.parametrize("id_", [2256, "2256"])
def test_ids_are_numbers_or_digits(callback, id_):
    callback["data"]["relationships"]["errand"]["data"]["id"] = id_
    errand_of(callback)["id"] = id_

    assert read_callback(callback).answer.answer_id == 1189


def test_the_greatest_id_is_read(callback):
    callback["data"]["id"] = str(2**63 - 1)

    assert read_callback(callback).remote_id == 2**63 - 1


def set_errand_id(callback, id_):
    without_errand(callback)["data"]["relationships"]["errand"]["data"]["id"] = id_


@pytest.mark.parametrize("id_", [str(2**63), "x", "-1", "9" * 5000, 2**63])
def test_an_invalid_errand_id_is_a_fault(callback, id_):
    set_errand_id(callback, id_)

    with pytest.raises(DocumentError, match=r"^/data/relationships/errand/data/id: "):
        read_callback(callback)


def test_an_errand_id_of_zero_is_none(callback):
    set_errand_id(callback, "0")

    assert read_callback(callback).errand_id is None


def test_an_invalid_attachment_id_is_a_fault(callback):
    callback["included"][0]["id"] = "x"

    with pytest.raises(DocumentError, match=r"^/included/0/id: "):
        read_callback(callback)


def test_every_fault_of_an_answer_has_its_pointer_in_the_document(callback):
    response_of(callback).update(c3_id=None, subject=[], to=[{"c3_id": "x"}, 7])

    with pytest.raises(DocumentError) as refusal:
        read_callback(callback)

    pointer = f"/included/{callback['included'].index(errand_of(callback))}/attributes"
    assert {fault.pointer for fault in refusal.value.faults} == {
        f"{pointer}/answer/response/c3_id",
        f"{pointer}/answer/response/subject",
        f"{pointer}/answer/response/to/0/c3_id",
        f"{pointer}/answer/response/to/1",
    }


def test_an_attribute_called_id_does_not_replace_the_id(callback):
    callback["data"]["attributes"]["id"] = 99

    assert read_callback(callback).remote_id == 76


def test_an_attachment_with_id_zero_is_ignored(callback):
    callback["included"] = [{"type": "c3_response_attachments", "id": "0"}]

    assert read_callback(callback).attachments == ()


def test_an_included_errand_of_an_unknown_type_is_not_read_as_an_answer(callback):
    callback["data"]["relationships"]["errand"]["data"]["type"] = "c3_close_errands"
    errand_of(callback).update(type="c3_close_errands", attributes={"answer": "never"})

    read = read_callback(callback)

    assert (read.errand_id, read.answer) == (2256, None)
    assert read.attachments == ALL_ATTACHMENTS
