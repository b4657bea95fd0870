from __future__ import annotations

import json

import pytest
import requests
import responses

from schemas.cention.errand_orders import read_order
from schemas.cention.errands import (
    EndedCall,
    ErrandAnswer,
    NewAttachment,
    NewErrand,
    WhatsappTemplate,
)
from schemas.errors import DocumentError
from workers.clients import errors
from workers.clients.cention.errands import Created, ErrandsApi
from workers.clients.cention.outgoing_files import BytesContent
from workers.clients.errors import outcome_is_unknown

CAPI = "https://api.example.test/s/demo/capi/json"
NEW, END, CALL = f"{CAPI}/c3_new_errands", f"{CAPI}/c3_end_errands", f"{CAPI}/c3_end_obcall"
ERRAND = NewErrand(from_address="a@b.example", subject="Hello", message_id="m-1")
ANSWER = ErrandAnswer(user_type="cention", user_id="1234", subject="Answer subject")
ENDED_CALL = EndedCall(device_id=1000, extension_id=1000, dialed_number="01211112222")
FAULT = {"errors": [{"title": "Invalid type provided", "status": "Not Acceptable"}]}


@pytest.fixture
def errands(http):
    return ErrandsApi(http, token="t0ken-of-the-workspace")


def sent(call):
    body = call.request.body
    return json.loads(body if isinstance(body, bytes) else b"".join(body))


@responses.activate
def test_the_documented_errand_is_sent_to_the_byte_of_every_field(errands, document):
    responses.post(NEW, status=201, json=document("new_errand_response"))
    sample = document("new_errand_request")
    attributes = document("new_errand_request")["data"]["attributes"]
    del attributes["msg"]["attachments"]
    files = (
        NewAttachment(
            name="tst1.txt",
            content_type="text/plain",
            content=BytesContent(b"Apple Pen Pineapple Pen"),
        ),
        NewAttachment(
            name="tst2.txt", content_type="text/plain", content=BytesContent(b"Orange Juice!")
        ),
    )

    created = errands.create_order(read_order(attributes, files))

    [call] = responses.calls
    assert created == Created(errand_id=511055)
    assert sent(call) == sample
    assert call.request.headers["Content-Length"] == str(len(call.request.body))
    assert call.request.headers["Content-Type"] == "application/vnd.api+json"
    assert call.request.headers["Authorization"] == "Bearer t0ken-of-the-workspace"


@responses.activate
def test_an_open_errand_has_no_answer(errands, document):
    responses.post(NEW, status=201, json=document("new_errand_response"))

    errands.create(ERRAND)

    assert list(sent(responses.calls[0])["data"]) == ["type", "attributes"]
    assert list(sent(responses.calls[0])["data"]["attributes"]) == ["msg"]


@responses.activate
def test_a_closed_errand_is_created_with_its_answer(errands, document):
    responses.post(NEW, status=201, json=document("new_errand_response"))

    errands.create_closed(ERRAND, ANSWER)

    assert sent(responses.calls[0])["data"]["attributes"]["answer"] == {
        "user_type": "cention",
        "user_id": "1234",
        "subject": "Answer subject",
        "body": "",
        "html_body": "",
    }


@responses.activate
def test_a_whatsapp_template_is_sent_with_its_user(errands, document):
    responses.post(NEW, status=201, json=document("new_errand_response"))
    template = WhatsappTemplate(element_name="e", namespace="n", params=({"default": "$10"},))

    errands.send_template(ERRAND, template, sender=ANSWER)

    attributes = sent(responses.calls[0])["data"]["attributes"]
    assert attributes["watemplate"] == {
        "elementname": "e",
        "namespace": "n",
        "params": [{"default": "$10"}],
    }
    assert attributes["answer"]["user_id"] == "1234"


@responses.activate
def test_a_template_without_a_user_is_not_sent(errands):
    template = WhatsappTemplate(element_name="e", namespace="n")

    with pytest.raises(DocumentError, match="user_type"):
        errands.send_template(ERRAND, template, sender=ErrandAnswer())

    assert not responses.calls


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, ""),
        (202, ""),
        (204, ""),
        (200, ""),
        (201, "<html>"),
        (201, '{"data": null}'),
        (201, '{"errors": [{"title": "slow"}]}'),
    ],
)
@responses.activate
def test_an_errand_may_be_created_without_an_id_in_the_answer(errands, status, body):
    responses.post(NEW, status=status, body=body)

    assert errands.create(ERRAND) == Created(errand_id=None)


@pytest.mark.parametrize("body", ["<html>Log in</html>", '{"data": null}', "[]"])
@responses.activate
def test_a_200_without_an_errand_leaves_the_outcome_unknown(errands, body):
    responses.post(NEW, status=200, body=body)

    with pytest.raises(errors.InvalidResponse) as caught:
        errands.create(ERRAND)

    assert outcome_is_unknown(caught.value)


@pytest.mark.parametrize(
    ("status", "unknown"),
    [
        (301, False), (307, False), (400, False), (401, False), (403, False), (404, False),
        (406, False), (409, False), (413, False), (422, False), (429, False),
        (408, True), (500, True), (502, True), (503, True), (504, True),
    ],
)  # fmt: skip
@responses.activate
def test_the_status_decides_whether_the_errand_may_exist(errands, status, unknown):
    responses.post(NEW, status=status, json=FAULT)

    with pytest.raises(errors.ApiError) as caught:
        errands.create(ERRAND)

    assert outcome_is_unknown(caught.value) is unknown
    assert len(responses.calls) == 1


@responses.activate
def test_no_errand_was_created_if_the_answer_has_retry_after(errands):
    responses.post(NEW, status=503, headers={"Retry-After": "7"})

    with pytest.raises(errors.Busy) as caught:
        errands.create(ERRAND)

    assert not outcome_is_unknown(caught.value)


@pytest.mark.parametrize(
    ("failure", "unknown"),
    [
        (requests.exceptions.ConnectTimeout(), False),
        (requests.exceptions.ConnectionError(), False),
        (requests.exceptions.ReadTimeout(), True),
        (requests.exceptions.ChunkedEncodingError(), True),
    ],
)
@responses.activate
def test_the_time_of_a_broken_connection_decides_whether_the_errand_may_exist(
    errands, failure, unknown
):
    responses.post(NEW, body=failure)

    with pytest.raises(errors.ApiError) as caught:
        errands.create(ERRAND)

    assert outcome_is_unknown(caught.value) is unknown
    assert len(responses.calls) == 1


@pytest.mark.parametrize(("status", "body"), [(200, "{}"), (201, "{}"), (202, ""), (204, "")])
@responses.activate
def test_an_errand_is_closed_as_documented_and_any_success_is_accepted(
    errands, document, status, body
):
    responses.post(END, status=status, body=body)

    errands.close(4321, ANSWER)

    assert sent(responses.calls[0]) == document("end_errand_request")


@responses.activate
def test_an_errand_that_does_not_exist_cannot_be_closed(errands):
    responses.post(END, status=404, json=FAULT)

    with pytest.raises(errors.NotFound):
        errands.close(4321, ANSWER)


@responses.activate
def test_the_end_of_a_call_is_sent_with_the_documented_type(errands, document):
    responses.post(CALL, status=204)

    errands.end_call(ENDED_CALL)

    assert sent(responses.calls[0]) == document("end_obcall_request")


@pytest.mark.parametrize("status", [406, 409])
@responses.activate
def test_if_the_documented_type_is_refused_that_of_the_resource_is_tried_once(
    errands, document, status
):
    responses.post(CALL, status=status, json=FAULT)
    responses.post(CALL, status=204)

    errands.end_call(ENDED_CALL)

    first, second = map(sent, responses.calls)
    assert first == document("end_obcall_request")
    assert second["data"] == {**first["data"], "type": "c3_end_obcall"}


@responses.activate
def test_the_setting_chooses_which_type_is_first(http):
    responses.post(CALL, status=406, json=FAULT)
    errands = ErrandsApi(http, token="t", end_call_type="c3_end_obcall")

    with pytest.raises(errors.BadRequest):
        errands.end_call(ENDED_CALL)

    types = [sent(call)["data"]["type"] for call in responses.calls]
    assert types == ["c3_end_obcall", "c3_end_errands"]


@pytest.mark.parametrize("status", [400, 401, 404, 422, 500, 503])
@responses.activate
def test_the_end_of_a_call_is_not_sent_again_after_any_other_failure(errands, status):
    responses.post(CALL, status=status, json=FAULT)

    with pytest.raises(errors.ApiError):
        errands.end_call(ENDED_CALL)

    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    "send",
    [
        lambda api: api.create(NewErrand(extradata=2**60)),
        lambda api: api.create(NewErrand(integration_data={"integrationName": "aventa"})),
        lambda api: api.close("4321", ANSWER),
        lambda api: api.close(4321, ErrandAnswer(user_id="3")),
        lambda api: api.end_call(EndedCall(device_id="1", extension_id=1)),  # type: ignore[arg-type]
    ],
)
@responses.activate
def test_invalid_input_is_refused_before_anything_is_sent(errands, send):
    with pytest.raises(DocumentError):
        send(errands)

    assert not responses.calls
