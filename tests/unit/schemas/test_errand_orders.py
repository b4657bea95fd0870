from __future__ import annotations

import copy
import json

import pytest

from schemas.cention.errand_orders import (
    attributes_of_call,
    attributes_of_closing,
    attributes_of_order,
    read_order,
)
from schemas.cention.errands import (
    EndedCall,
    ErrandAnswer,
    ErrandOrder,
    NewAttachment,
    NewErrand,
    WhatsappTemplate,
    read_created,
)
from schemas.errors import DocumentError
from workers.clients.cention.outgoing_files import BytesContent

DATA = {
    "integrationName": "aventa",
    "deviceId": 1000,
    "extensionId": 1000,
    "destNumber": "60374571234",
    "queueName": "EHS",
    "queueNumber": "123",
}
EMPTY = {"user_type": "", "user_id": "", "subject": "", "body": "", "html_body": ""}


def documented(document):
    """The attributes of the documented sample, without attachments."""
    attributes = document("new_errand_request")["data"]["attributes"]
    files = attributes["msg"].pop("attachments")
    return attributes, files


def faults_of(attributes):
    with pytest.raises(DocumentError) as caught:
        read_order(attributes)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def test_the_documented_sample_is_read_and_written_without_a_change(document):
    attributes, _ = documented(document)

    assert attributes_of_order(read_order(copy.deepcopy(attributes))) == attributes


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("msg", "from_address", "david.liew@test.se"),
        ("msg", "name", "David Liew"),
        ("msg", "subject", "Creating test errand via API"),
        ("msg", "body", "Test message body at Sun, 22 Jan 2017 22:49:14 +0800"),
        ("msg", "html_body", ""),
        ("msg", "message_id", "msgid_1485096554"),
        ("extradata", "extradata", {"message_id": "msgid_1485096554", "case_number": 21345,
                                    "zone": "A"}),
        ("cuid", "cuid", "5462-13-6485"),
    ],
)  # fmt: skip
def test_each_field_of_the_sample_has_an_attribute_name(document, path, field, value):
    attributes, _ = documented(document)

    assert path in attributes
    assert getattr(read_order(attributes).errand, field) == value


def test_attachments_have_a_name_a_type_and_perhaps_an_id_for_html():
    errand = NewErrand(
        attachments=(
            NewAttachment(name="a.txt", content_type="text/plain", content=BytesContent(b"a")),
            NewAttachment(
                name="b.png",
                content_type="image/png",
                content=BytesContent(b"b"),
                content_id="logo",
            ),
        )
    )

    assert attributes_of_order(ErrandOrder(errand=errand))["msg"]["attachments"] == [
        {"name": "a.txt", "content_type": "text/plain"},
        {"name": "b.png", "content_type": "image/png", "content_id": "logo"},
    ]


def test_absent_values_are_not_sent():
    attributes = attributes_of_order(ErrandOrder(errand=NewErrand(from_address="a@b.example")))

    assert list(attributes) == ["msg"]
    assert "attachments" not in attributes["msg"]


@pytest.mark.parametrize(
    "extradata", [{"a": [1, None, {"b": True}]}, [1, 2], "text", "5", [0.5], False]
)
def test_extradata_is_any_json(extradata):
    order = read_order({"msg": {}, "extradata": extradata})

    assert attributes_of_order(order)["extradata"] == extradata


@pytest.mark.parametrize("number", [5, 0, 0.5, -1])
def test_a_bare_number_as_extradata_is_refused_with_the_reason(number):
    faults = faults_of({"msg": {}, "extradata": number})

    assert "bare number" in faults["/extradata"]


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("extradata", {1: 2}, "/extradata"),
        ("extradata", {1, 2}, "/extradata"),
        ("extradata", [{"a": b"x"}], "/extradata/0/a"),
        ("integration_data", "x", "/integrationData"),
        ("integration_data", [1], "/integrationData"),
        ("integration_data", {1: 2}, "/integrationData"),
        ("cuid", {1: 2}, "/cuid"),
        ("body", {1: 2}, "/msg/body"),
    ],
)
def test_what_is_no_json_is_refused_by_the_name_of_its_field(field, value, pointer):
    order = ErrandOrder(errand=NewErrand(subject="Hello", **{field: value}))

    with pytest.raises(DocumentError) as raised:
        attributes_of_order(order)

    assert raised.value.faults[0].pointer == pointer


@pytest.mark.parametrize("message", [{}, {"message_id": "1"}, {"from": "", "subject": None}])
def test_an_errand_without_content_is_refused(message):
    with pytest.raises(DocumentError, match="has no sender, no text and no file"):
        read_order({"msg": message})


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**30])
def test_a_number_that_would_be_rounded_is_refused(number):
    faults = faults_of({"msg": {}, "extradata": {"case": [number]}})

    assert list(faults) == ["/extradata/case/0"]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_have_is_refused(number):
    faults = faults_of({"msg": {}, "extradata": {"case": number}})

    assert list(faults) == ["/extradata/case"]


def test_json_that_nests_too_deeply_is_refused():
    deep = []
    for _ in range(200):
        deep = [deep]

    assert list(faults_of({"msg": {}, "extradata": deep})) == ["/extradata"]


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({}, "/msg"),
        ({"msg": "hello"}, "/msg"),
        ({"msg": {"body": 5}}, "/msg/body"),
        ({"msg": {}, "cuid": 541231}, "/cuid"),
        ({"msg": {}, "answer": []}, "/answer"),
        ({"msg": {}, "watemplate": "hello"}, "/watemplate"),
        ({"msg": {}, "integrationData": []}, "/integrationData"),
    ],
)
def test_a_wrong_type_is_refused_under_the_name_of_its_field(attributes, pointer):
    assert pointer in faults_of(attributes)


@pytest.mark.parametrize(
    ("attributes", "pointer", "meant"),
    [
        ({"msg": {"htmlBody": "x"}}, "/msg/htmlBody", "html_body"),
        ({"msg": {"From": "x"}}, "/msg/From", "from"),
        ({"msg": {"colour": "x"}}, "/msg/colour", "not a field"),
        ({"msg": {}, "CUID": "x"}, "/CUID", "cuid"),
        ({"msg": {}, "integration_data": {}}, "/integration_data", "integrationData"),
        ({"msg": {}, "extraData": {}}, "/extraData", "integrationData"),
        ({"msg": {}, "answer": {"userId": "3"}}, "/answer/userId", "user_id"),
        ({"msg": {}, "integrationData": DATA | {"queuename": "x"}}, "/integrationData/queuename",
         "queueName"),
        ({"msg": {}, "integrationData": DATA | {"extradata": {}}}, "/integrationData/extradata",
         "extraData"),
    ],
)  # fmt: skip
def test_a_field_name_that_cention_would_ignore_is_refused(attributes, pointer, meant):
    assert meant in faults_of(attributes)[pointer]


def test_all_faults_of_an_order_are_reported_at_once():
    faults = faults_of({"msg": {"body": 5, "htmlBody": ""}, "cuid": 1})

    assert set(faults) == {"/msg/body", "/msg/htmlBody", "/cuid"}


def test_characters_that_cention_cannot_store_are_replaced():
    order = read_order(
        {"msg": {"subject": "a\0b", "body": "\ud800"}, "extradata": {"\0": "\udfff"}}
    )

    assert order.errand.subject == "a\N{REPLACEMENT CHARACTER}b"
    assert attributes_of_order(order)["extradata"] == {"\N{REPLACEMENT CHARACTER}": "\ufffd"}


def test_an_answer_is_sent_with_all_its_fields(document):
    answer = document("end_errand_request")["data"]["attributes"]["answer"]

    order = read_order({"msg": {}, "answer": answer})

    assert order.answer == ErrandAnswer(
        user_type="cention", user_id="1234", subject="Answer subject"
    )
    assert attributes_of_order(order)["answer"] == answer


@pytest.mark.parametrize("answer", [{}, {"body": "done"}, EMPTY])
def test_an_answer_without_a_user_is_sent_as_the_system(answer):
    order = read_order({"msg": {}, "answer": answer})

    assert attributes_of_order(order)["answer"] == EMPTY | answer


@pytest.mark.parametrize(
    ("answer", "pointer"),
    [
        ({"user_id": "3"}, "/answer/user_type"),
        ({"user_type": "cention"}, "/answer/user_id"),
        ({"user_type": "cention", "user_id": 3}, "/answer/user_id"),
    ],
)
def test_a_user_has_a_type_and_an_id_which_are_texts(answer, pointer):
    assert pointer in faults_of({"msg": {}, "answer": answer})


USER = {"user_type": "cention", "user_id": "12"}
TEMPLATE = {"elementname": "hello", "namespace": "ns", "params": [{"default": "$10"}]}


def test_a_whatsapp_template_needs_of_an_answer_only_the_user():
    order = read_order({"msg": {}, "watemplate": TEMPLATE, "answer": USER})

    assert order.template == WhatsappTemplate(
        element_name="hello", namespace="ns", params=({"default": "$10"},)
    )
    assert attributes_of_order(order)["watemplate"] == TEMPLATE


def test_a_template_without_params_sends_an_empty_list():
    template = {"elementname": "hello", "namespace": "ns"}

    order = read_order({"msg": {}, "watemplate": template, "answer": USER})

    assert attributes_of_order(order)["watemplate"]["params"] == []


@pytest.mark.parametrize("answer", [None, {}, {"body": "x"}])
def test_a_template_without_a_user_is_refused(answer):
    faults = faults_of({"msg": {}, "watemplate": TEMPLATE, "answer": answer})

    assert {"/answer/user_type", "/answer/user_id"} <= set(faults)


@pytest.mark.parametrize(
    ("name", "value"),
    [("elementname", ""), ("elementname", None), ("namespace", None), ("params", {"a": 1})],
)
def test_each_field_of_a_template_is_checked(name, value):
    faults = faults_of({"msg": {}, "watemplate": TEMPLATE | {name: value}, "answer": USER})

    assert list(faults) == [f"/watemplate/{name}"]


@pytest.mark.parametrize("param", ["$10", 5, [], None])
def test_each_parameter_of_a_template_is_an_object(param):
    template = TEMPLATE | {"params": [{"default": "$10"}, param]}

    faults = faults_of({"msg": {}, "watemplate": template, "answer": USER})

    assert list(faults) == ["/watemplate/params/1"]


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("value", [None, "", [], True])
def test_required_fields_of_integration_data_have_their_type(name, value):
    faults = faults_of({"msg": {}, "integrationData": DATA | {name: value}})

    assert f"/integrationData/{name}" in faults


@pytest.mark.parametrize("name", ["deviceId", "extensionId"])
@pytest.mark.parametrize("value", ["1000", 1000.0, 2**53])
def test_devices_and_extensions_are_whole_numbers(name, value):
    assert f"/integrationData/{name}" in faults_of(
        {"msg": {}, "integrationData": DATA | {name: value}}
    )


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("referenceId", "1", 1),
        ("link", "https:www.google.com", 5),
        ("endSession", False, "false"),
        ("pagingNumber", "12345", 12345),
        ("pagingName", "GP office", []),
        ("extraData", {}, "text"),
    ],
)
def test_optional_fields_of_integration_data_are_sent_or_refused_by_type(name, good, bad):
    order = read_order({"msg": {}, "integrationData": DATA | {name: good}})

    assert attributes_of_order(order)["integrationData"][name] == good
    assert f"/integrationData/{name}" in faults_of(
        {"msg": {}, "integrationData": DATA | {name: bad}}
    )


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("comment", "internal comment", 5),
        ("callReason", "reschedule appointment", []),
        ("appointmentTimestamp", "1593047865", 1593047865),
        ("appointmentTimestamp", "1593047865", "tomorrow"),
    ],
)
def test_extra_data_of_a_call_are_texts_the_time_in_digits(name, good, bad):
    order = read_order({"msg": {}, "integrationData": DATA | {"extraData": {name: good}}})

    assert attributes_of_order(order)["integrationData"]["extraData"] == {name: good}
    assert f"/integrationData/extraData/{name}" in faults_of(
        {"msg": {}, "integrationData": DATA | {"extraData": {name: bad}}}
    )


@pytest.mark.parametrize("number", ["+60374571234", "0374571234", "60 374", "6", "six"])
def test_the_number_called_is_an_msisdn(number):
    faults = faults_of({"msg": {}, "integrationData": DATA | {"destNumber": number}})

    assert "MSISDN" in faults["/integrationData/destNumber"]


def test_aventa_is_the_only_integration():
    faults = faults_of({"msg": {}, "integrationData": DATA | {"integrationName": "other"}})

    assert list(faults) == ["/integrationData/integrationName"]


def test_a_closing_is_sent_as_documented(document):
    sample = document("end_errand_request")["data"]["attributes"]
    answer = ErrandAnswer(user_type="cention", user_id="1234", subject="Answer subject")

    assert attributes_of_closing(4321, answer) == sample


@pytest.mark.parametrize("errand_id", ["4321", 0, -1, True, 2**53])
def test_an_errand_is_closed_by_a_number(errand_id):
    with pytest.raises(DocumentError, match="errand_id"):
        attributes_of_closing(errand_id, ErrandAnswer())


def test_the_end_of_a_call_is_sent_as_documented(document):
    sample = document("end_obcall_request")["data"]["attributes"]
    call = EndedCall(device_id=1000, extension_id=1000, dialed_number="01211112222")

    assert attributes_of_call(call) == sample


def test_an_unknown_number_is_left_out():
    attributes = attributes_of_call(EndedCall(device_id=1, extension_id=2))

    assert attributes == {"integrationName": "aventa", "deviceId": 1, "extensionId": 2}


@pytest.mark.parametrize(
    ("call", "pointer"),
    [
        (EndedCall(device_id="1", extension_id=2), "/deviceId"),  # type: ignore[arg-type]
        (EndedCall(device_id=1, extension_id=2**53), "/extensionId"),
        (EndedCall(device_id=1, extension_id=2, dialed_number=5), "/dialedNumber"),  # type: ignore[arg-type]
        (EndedCall(device_id=1, extension_id=2, integration_name="x"), "/integrationName"),
    ],
)
def test_each_field_of_a_call_is_checked(call, pointer):
    with pytest.raises(DocumentError, match=pointer):
        attributes_of_call(call)


def test_the_answer_to_a_create_has_the_id_of_the_errand(document):
    assert read_created(document("new_errand_response")) == 511055


@pytest.mark.parametrize(
    "answer",
    ['{"data": null}', '{"data": {"type": "c3_new_errands"}}', '{"errors": [{}]}', "{}",
     '{"data": {"type": "c3_new_errands", "id": "0"}}'],
)  # fmt: skip
def test_an_answer_without_an_errand_is_an_error(answer):
    with pytest.raises(DocumentError):
        read_created(json.loads(answer))


def test_no_repr_shows_texts_or_identities_of_a_customer():
    order = read_order(
        {
            "msg": {"body": "SECRET", "html_body": "SECRET"},
            "cuid": "SECRET",
            "extradata": "SECRET",
            "integrationData": DATA | {"extraData": {"comment": "SECRET"}},
            "answer": {"body": "SECRET"},
        }
    )

    assert "SECRET" not in repr(order)
