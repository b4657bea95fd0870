"""Creating and closing errands, and ending calls."""

from __future__ import annotations

import base64
import copy
from contextlib import suppress

import pytest

NEW, END, CALL = "c3_new_errands", "c3_end_errands", "c3_end_obcall"


def post(cention, path, attributes, **data):
    document = {"data": {"type": path, "attributes": attributes, **data}}
    return cention.api(path, "POST", json=document)


def created(cention, **attributes):
    response = post(cention, NEW, {"msg": {"from": "a@b.example"}, **attributes})
    return int(response.json()["data"]["id"])


def report(cention, errand_id):
    attributes = cention.api(f"c3_errand_reports/{errand_id}").json()["data"]["attributes"]
    return attributes["basic"]["data"]


def test_creating_an_errand_returns_its_id_and_a_malformed_location(cention, document):
    response = cention.api(NEW, "POST", json=document("new_errand_request"))

    data = response.json()["data"]
    assert response.status_code == 201
    assert (data["type"], set(data)) == (NEW, {"type", "id"})
    assert response.headers["Location"] == f"//capi/json//{NEW}/{data['id']}"


def test_a_created_errand_is_dirty_and_its_report_has_the_message(cention, document):
    [errand_id] = [int(cention.api(NEW, "POST", json=document("new_errand_request")).json()
                       ["data"]["id"])]  # fmt: skip

    assert cention.dirty_errands() == [errand_id]
    errand_data = report(cention, errand_id)
    assert (errand_data["fromAddress"], errand_data["fromName"]) == (
        "david.liew@test.se",
        "David Liew",
    )
    assert errand_data["subject"] == "Creating test errand via API"
    assert "Test message body at Sun" in errand_data["body"]
    assert (errand_data["attachments"], errand_data["closed"]) == ("2", False)


def test_the_control_route_returns_what_was_sent_with_sizes_and_digests_of_files(cention, document):
    sample = document("new_errand_request")

    errand_id = cention.api(NEW, "POST", json=sample).json()["data"]["id"]

    errand_data = cention.control("truth/errands")["created"][errand_id]
    sent = sample["data"]["attributes"]
    assert {name: errand_data[name] for name in ("extradata", "integrationData", "cuid")} == {
        name: sent[name] for name in ("extradata", "integrationData", "cuid")
    }
    assert [(one["name"], one["size_bytes"]) for one in errand_data["msg"]["attachments"]] == [
        ("tst1.txt", 23),
        ("tst2.txt", 13),
    ]


def test_half_a_surrogate_pair_and_deep_extradata_spoil_no_report_and_no_truth(cention):
    deep = "[" * 3_000 + "]" * 3_000
    body = (
        '{"data": {"attributes": {"msg": {"subject": "a\\ud83d", "body": "b"}, "extradata": %s}}}'
    )

    response = cention.api(NEW, "POST", data=body % deep)

    errand_id = response.json()["data"]["id"]
    assert response.status_code == 201
    assert report(cention, errand_id)["subject"] == "a\ufffd"
    assert cention.control("truth/errands")["created"][errand_id]["msg"]["subject"] == "a\ufffd"
    assert cention.control(f"truth?errand={errand_id}")["subject"] == "a\ufffd"


def test_an_errand_with_an_answer_is_created_closed(cention):
    answer = {"subject": "Re", "body": "Done.", "user_type": "cention", "user_id": "12"}

    errand_id = created(cention, answer=answer)

    assert report(cention, errand_id)["closed"]


def test_creating_the_same_errand_twice_makes_two(cention, document):
    """Cention documents no check of the message id."""
    sample = document("new_errand_request")

    cention.api(NEW, "POST", json=sample)
    cention.api(NEW, "POST", json=sample)

    assert len(cention.dirty_errands()) == 2


def test_an_errand_is_closed_with_an_answer(cention, document):
    errand_id = created(cention)
    sample = document("end_errand_request")["data"]["attributes"]

    response = post(cention, END, sample | {"errand_id": errand_id})

    assert response.status_code == 201
    assert report(cention, errand_id)["closed"]
    assert cention.control("truth/errands")["closed"] == [sample | {"errand_id": errand_id}]


def test_an_unknown_errand_cannot_be_closed(cention):
    assert post(cention, END, {"errand_id": 1, "answer": {}}).status_code == 404


def test_the_end_of_a_call_is_recorded(cention, document):
    response = cention.api(CALL, "POST", json=document("end_obcall_request"))

    assert (response.status_code, response.content) == (204, b"")
    [errand_data] = cention.control("truth/errands")["ended_calls"]
    assert errand_data == document("end_obcall_request")["data"]["attributes"]


@pytest.mark.parametrize(
    ("path", "attributes"),
    [
        (NEW, {"msg": "text"}),
        (NEW, {"msg": {"body": 5}}),
        (NEW, {"msg": {}, "cuid": 5}),
        (NEW, {"msg": {}, "answer": {"user_id": 12}}),
        (NEW, {"msg": {}, "integrationData": {"deviceId": "1000"}}),
        (NEW, {"msg": {}, "watemplate": {"params": {}}}),
        (NEW, {"msg": {"attachments": [{"content": "not base64"}]}}),
        (NEW, {"msg": {"attachments": [{"content": "", "c3_id": 5}]}}),
        (END, {"errand_id": "4321"}),
        (END, {"errand_id": 4321, "answer": {"body": 5}}),
        (CALL, {"deviceId": "1000"}),
        (CALL, {"dialedNumber": 12}),
    ],
)
def test_a_mistyped_body_is_406_and_changes_nothing(cention, path, attributes):
    assert post(cention, path, attributes).status_code == 406
    assert cention.dirty_errands() == []


def test_a_body_that_is_not_a_document_is_406(cention):
    assert cention.api(NEW, "POST", data=b"{").status_code == 406


@pytest.mark.parametrize("path", [NEW, END, CALL])
def test_a_type_is_compared_only_if_there_is_an_id(cention, path):
    wrong = {"data": {"type": "c3_other", "id": "5", "attributes": {}}}
    assert cention.api(path, "POST", json=wrong).status_code == 406

    without_id = copy.deepcopy(wrong)
    del without_id["data"]["id"]
    assert cention.api(path, "POST", json=without_id).status_code != 406


@pytest.mark.parametrize("path", [NEW, END, CALL])
def test_the_types_serve_only_post_and_need_a_token(cention, path):
    assert cention.api(path, "POST", json={}, headers={}).status_code == 401
    for method, below, status in (("GET", "", 404), ("GET", "/1", 404), ("DELETE", "/1", 405)):
        assert cention.api(f"{path}{below}", method).json()["errors"][0]["status"] == str(status)


@pytest.mark.parametrize("fault", ["error_500", "dropped", "truncated"])
def test_after_a_fault_behind_cention_the_errand_exists(cention, fault):
    cention.control("faults", {fault: {"types": [NEW]}})

    with suppress(OSError):  # the connection ends
        post(cention, NEW, {"msg": {}})

    assert len(cention.dirty_errands()) == 1


@pytest.mark.parametrize("fault", ["busy", "unauthorised", "not_found", "login_page"])
def test_after_a_fault_before_cention_no_errand_exists(cention, fault):
    cention.control("faults", {fault: {"types": [NEW]}})

    post(cention, NEW, {"msg": {}})

    assert cention.dirty_errands() == []


def test_large_files_are_accepted(cention):
    content = base64.b64encode(bytes(20_000_000)).decode()

    errand_id = created(
        cention, msg={"attachments": [{"name": "a", "content_type": "b/c", "content": content}]}
    )

    [file] = cention.control("truth/errands")["created"][str(errand_id)]["msg"]["attachments"]
    assert file["size_bytes"] == 20_000_000
