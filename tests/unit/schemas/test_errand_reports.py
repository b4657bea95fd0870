from __future__ import annotations

import copy
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.cention.errand_reports import (
    ErrandAction,
    ErrandSla,
    Tag,
    action_offsets,
    read_errand_report,
)
from schemas.errors import DocumentError, NullResource

ZONE = ZoneInfo("Asia/Kuala_Lumpur")


def read(report):
    return read_errand_report(report, zone=ZONE)


def attributes(report):
    return report["data"]["attributes"]


def basic(report):
    return attributes(report)["basic"]["data"]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_the_documented_report_becomes_a_record(report):
    errand = read(report)

    assert (errand.errand_id, errand.display_id) == (33, "33")
    assert (errand.thread_id, errand.group_id) == (32, None)
    assert (errand.has_child, errand.acquired) == (False, False)
    assert errand.status_code == "ACTION_ANSWER"
    assert errand.status_title == "Errand has been answered"
    assert (errand.service_id, errand.service_name) == (1, "Email")
    assert (errand.organisation_id, errand.organisation_name) == (3, "cention-org")
    assert (errand.area_id, errand.area_name) == (1, "test-services-area")
    assert (errand.agent_id, errand.agent_name) == (2, "System Administrator")
    assert errand.priority is None
    assert errand.from_address == "test.account@cention.se"
    assert errand.from_name == "Cention ĈĈĈ, Leader"
    assert errand.to_text == "test.tester@cention.asia"
    assert errand.to_addresses == ("test.tester@cention.asia",)
    assert errand.copy_addresses == ()
    assert errand.subject == "test"
    assert errand.body_html == '<div dir="ltr">test222</div>\r\n'
    assert (errand.answer_subject, errand.answer_body) == ("test", "test body")
    assert errand.tags == (Tag(tag_id=32, name="Test High Tag"),)
    assert [action.action_id for action in errand.actions] == [83, 111, 112]


def test_the_dates_of_a_report_are_in_the_time_zone_of_the_workspace(report):
    errand = read(report)

    assert errand.arrived_at == utc(2015, 7, 16, 12, 47)
    assert errand.answered_at == utc(2015, 7, 17, 9, 8)
    assert errand.done_at is None
    assert errand.arrived_at.tzinfo is UTC


def test_every_flag_of_a_report_has_its_own_field(report):
    flags = {
        "closed": "closed",
        "deleted": "deleted",
        "answered": "answered",
        "hasAnswer": "has_answer",
        "answerDeleted": "answer_deleted",
        "wasForwardedToExternal": "forwarded_external",
        "wasClonedAndForwardedExternal": "cloned_forwarded_external",
        "fbPms": "fb_pms",
        "sendPm": "send_pm",
        "retweet": "retweet",
        "twitterPm": "twitter_pm",
    }
    for sent, name in flags.items():
        basic(report).update(dict.fromkeys(flags, False))
        basic(report)[sent] = True

        errand = read(report)

        assert [each for each in flags.values() if getattr(errand, each)] == [name]


def test_every_text_of_a_report_has_its_own_field(report):
    names = {
        "displayId": "display_id",
        "priority": "priority",
        "feedbackLink": "feedback_link",
        "secureUserId": "secure_user_id",
        "fbLikes": "fb_likes",
        "fbAction": "fb_action",
    }
    basic(report).update({sent: f"<{sent}>" for sent in names})

    errand = read(report)

    assert {sent: getattr(errand, name) for sent, name in names.items()} == {
        sent: f"<{sent}>" for sent in names
    }


def test_a_report_without_optional_members_is_read(report):
    report["data"]["attributes"] = {"basic": {"data": {}}}

    errand = read(report)

    values = {name: getattr(errand, name) for name in errand.__slots__}
    assert {name: value for name, value in values.items() if value is not None} == {"errand_id": 33}


def test_nulls_are_none_and_null_lists_are_empty(report):
    inner = dict.fromkeys(basic(report))
    outer = dict.fromkeys(attributes(report)["basic"])
    extended = dict.fromkeys(attributes(report)["extended"])
    report["data"]["attributes"] = {
        **dict.fromkeys(attributes(report)),
        "basic": {**outer, "data": inner},
        "extended": extended,
    }

    errand = read(report)

    values = {name: getattr(errand, name) for name in errand.__slots__}
    assert {name: value for name, value in values.items() if value is not None} == {
        "errand_id": 33,
        "actions": (),
        "tags": (),
        "to_addresses": (),
        "copy_addresses": (),
    }


@pytest.mark.parametrize("member", ["service", "organisationId", "area", "agentId"])
def test_an_id_of_zero_is_none(report, member):
    names = {"service": "service_id", "organisationId": "organisation_id"}
    names |= {"area": "area_id", "agentId": "agent_id"}
    basic(report)[member] = 0

    assert getattr(read(report), names[member]) is None


def test_a_thread_id_of_zero_is_none(report):
    attributes(report)["basic"]["threadId"] = 0

    assert read(report).thread_id is None


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        ("0", 0),
        ("3", 3),
        (3, 3),
        ([{}, {}], 2),
        ("some", None),
        ("", None),
        (None, None),
        (True, None),
        ("-1", None),
        ({}, None),
    ],
)
def test_attachments_are_counted_if_the_report_has_a_number_or_a_list(report, sent, count):
    basic(report)["attachments"] = sent

    assert read(report).attachment_count == count


@pytest.mark.parametrize(
    ("plain", "answer", "value", "expected"),
    [
        ("", "", 0, (None, None)),
        ("", "good", 0, ("good", 0)),
        ("good", "", 0, ("good", 0)),
        ("old", "new", 4, ("new", 4)),
        ("", "", 4, (None, 4)),
    ],
)
def test_a_feedback_value_of_zero_is_used_only_with_an_answer(
    report, plain, answer, value, expected
):
    basic(report)["feedbackAnswer"] = plain
    attributes(report)["extended"]["feedback"].update(Answer=answer, value=value)

    errand = read(report)

    assert (errand.feedback_answer, errand.feedback_value) == expected


def test_the_question_of_the_feedback_is_read(report):
    attributes(report)["extended"]["feedback"].update(QuestionText="Well?", QuestionHTML="<b>?</b>")

    errand = read(report)

    assert (errand.feedback_question_text, errand.feedback_question_html) == ("Well?", "<b>?</b>")


def test_the_sla_is_read_with_its_units(report):
    attributes(report)["sla"] = {
        "done_due": True,
        "expiry": 2,
        "handling_time": 61,
        "response_time": -5,
        "within_sla": True,
    }

    assert read(report).sla == ErrandSla(
        sla_expiry=2, sla_done_due=True, within_sla=True, handling_time_s=61, response_time_s=-5
    )


def test_a_handling_time_may_exceed_thirty_two_bits(report):
    attributes(report)["sla"] = {"handling_time": 2**31, "response_time": -(2**31) - 1}

    sla = read(report).sla

    assert (sla.handling_time_s, sla.response_time_s) == (2**31, -(2**31) - 1)


def test_an_sla_of_null_is_none(report):
    attributes(report)["sla"] = None

    assert read(report).sla is None


def test_an_absent_sla_is_none(report):
    del attributes(report)["sla"]

    assert read(report).sla is None


def test_actions_are_sorted_by_time_and_then_by_id(report):
    first, second, third = attributes(report)["actions"]
    first["timeStamp"] = third["timeStamp"]
    attributes(report)["actions"] = [third, first, second]

    assert [action.action_id for action in read(report).actions] == [111, 83, 112]


def test_of_two_actions_with_one_id_the_last_wins(report):
    again = {**attributes(report)["actions"][0], "note": "again"}
    attributes(report)["actions"].append(again)

    actions = {action.action_id: action.note for action in read(report).actions}

    assert len(actions) == 3
    assert actions[83] == "again"


def with_action(report, **members):
    attributes(report)["actions"] = [{"id": 1, **members}]
    return report


def happened_at(report, **members):
    return read(with_action(report, **members)).actions[0].happened_at


def test_the_time_stamp_of_an_action_takes_precedence(report):
    at = happened_at(report, timeStamp=1437051017, time="1999-01-01 00:00:00 +0000 UTC")

    assert at == utc(2015, 7, 16, 12, 50, 17)


@pytest.mark.parametrize("time", ["2015-99-99 99:99:99 +0800", "2015/07/16 20:50", "1437051017"])
def test_without_a_time_stamp_digits_that_are_no_time_with_an_offset_are_a_fault(report, time):
    with pytest.raises(DocumentError, match=r"^/data/attributes/actions/0/time: must be a time"):
        read(with_action(report, time=time))


@pytest.mark.parametrize("stamp", [0, None, "", -62135596800])
@pytest.mark.parametrize(
    "time",
    [
        "2015-07-16 20:50:17 +0800 MYT",
        "2015-07-16 20:50:17 +0800 +08",
        "2015-07-16 20:50:17.123456789 +0800 +08 m=+0.0018",
        "2015-07-16 12:50:17 +0000 UTC",
    ],
)
def test_without_a_time_stamp_the_time_is_read_from_the_text(report, stamp, time):
    at = happened_at(report, timeStamp=stamp, time=time)

    assert at == utc(2015, 7, 16, 12, 50, 17)
    assert at.tzinfo is UTC


@pytest.mark.parametrize("time", ["0001-01-01 00:00:00 +0000 UTC", "yesterday", "", None])
def test_an_action_of_unknown_time_is_read(report, time):
    assert read(with_action(report, time=time)).actions == (
        ErrandAction(action_id=1, note=None, origin=None, happened_at=None),
    )


@pytest.mark.parametrize("stamp", [2**62, -(2**62), 253402300800, "99999999999999"])
def test_a_time_outside_the_calendar_is_a_fault(report, stamp):
    with pytest.raises(DocumentError, match=r"^/data/attributes/actions/0/timeStamp: "):
        read(with_action(report, timeStamp=stamp))


def test_a_date_is_read_in_another_notation(report):
    basic(report).update(date="2024-03-30T10:00:00Z", answeredDate="2024/03/30 18:00:05 ")

    errand = read(report)

    assert errand.arrived_at == utc(2024, 3, 30, 10)
    assert errand.answered_at == utc(2024, 3, 30, 10, 0, 5)


@pytest.mark.parametrize("member", ["date", "answeredDate", "donedate"])
def test_digits_that_are_no_date_are_a_fault(report, member):
    basic(report)[member] = "30/03/2024 10:00"

    with pytest.raises(DocumentError, match=rf"^/data/attributes/basic/data/{member}: must be"):
        read(report)


def test_the_offsets_of_actions_are_those_that_agree_with_their_time_stamps(report):
    _, second, third = attributes(report)["actions"]
    second["time"] = "2015-07-17 12:07:48 +0300 EAT"
    third["time"] = "2015-07-17 17:08:26 +0000 UTC"

    assert action_offsets(report) == (28_800, 10_800)


def test_a_report_without_actions_has_no_offsets(report):
    attributes(report)["actions"] = None

    assert action_offsets(report) == ()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda a: a.pop("basic"), "/data/attributes/basic"),
        (lambda a: a["basic"].pop("data"), "/data/attributes/basic/data"),
        (lambda a: a.update(basic=None), "/data/attributes/basic"),
        (lambda a: a.update(basic=[]), "/data/attributes/basic"),
        (lambda a: a["basic"].update(data="x"), "/data/attributes/basic/data"),
        (lambda a: a["basic"].update(threadId="x"), "/data/attributes/basic/threadId"),
        (lambda a: a["basic"]["data"].update(closed="true"), "/data/attributes/basic/data/closed"),
        (lambda a: a["basic"]["data"].update(subject=[]), "/data/attributes/basic/data/subject"),
        (lambda a: a["basic"]["data"].update(area=2**63), "/data/attributes/basic/data/area"),
        (
            lambda a: a["basic"]["data"].update(toAddresses="x"),
            "/data/attributes/basic/data/toAddresses",
        ),
        (
            lambda a: a["basic"]["data"].update(toAddresses=["x", []]),
            "/data/attributes/basic/data/toAddresses/1",
        ),
        (lambda a: a.update(sla=[]), "/data/attributes/sla"),
        (lambda a: a["sla"].update(expiry=True), "/data/attributes/sla/expiry"),
        (lambda a: a["sla"].update(handling_time=2**63), "/data/attributes/sla/handling_time"),
        (lambda a: a.update(actions={}), "/data/attributes/actions"),
        (lambda a: a["actions"].append(None), "/data/attributes/actions/3"),
        (lambda a: a["actions"][1].pop("id"), "/data/attributes/actions/1/id"),
        (
            lambda a: a["extended"]["errand_tags"][0].update(id=0),
            "/data/attributes/extended/errand_tags/0/id",
        ),
        (lambda a: a["extended"].update(feedback=[]), "/data/attributes/extended/feedback"),
    ],
)
def test_a_fault_has_its_pointer(report, change, pointer):
    change(attributes(report))

    with pytest.raises(DocumentError) as refusal:
        read(report)

    assert [fault.pointer for fault in refusal.value.faults] == [pointer]


def test_all_faults_of_a_report_are_reported_at_once(report):
    basic(report).update(closed="yes", area="x")
    attributes(report)["actions"][0]["timeStamp"] = 2**62

    with pytest.raises(DocumentError) as refusal:
        read(report)

    assert len(refusal.value.faults) == 3


def test_a_value_of_another_type_is_read_if_nothing_is_lost(report):
    basic(report).update(displayId=33, area="1", closed=1, fbLikes=7)
    attributes(report)["actions"][0].update(id="83", timeStamp="1437051017")

    errand = read(report)

    assert (errand.display_id, errand.area_id, errand.closed, errand.fb_likes) == (
        "33",
        1,
        True,
        "7",
    )
    assert errand.actions[0].happened_at == utc(2015, 7, 16, 12, 50, 17)


def test_unknown_members_are_ignored(report):
    attributes(report)["mood"] = basic(report)["mood"] = "sunny"

    assert read(report).errand_id == 33


def test_an_attribute_called_id_does_not_replace_the_id_of_the_report(report):
    attributes(report)["id"] = 99

    assert read(report).errand_id == 33


@pytest.mark.parametrize("type_", ["c3_facebook_ratings", "c3_errand_report"])
def test_a_report_of_another_type_is_refused(report, type_):
    report["data"]["type"] = type_

    with pytest.raises(DocumentError, match=r"^/data/type: "):
        read(report)


@pytest.mark.parametrize("id_", [None, "", "0", 0, "-1", "x", True, str(2**63)])
def test_a_report_without_an_id_is_refused(report, id_):
    report["data"]["id"] = id_

    with pytest.raises(DocumentError, match=r"^/data/id: "):
        read(report)


def test_a_report_of_null_is_a_null_resource():
    with pytest.raises(NullResource):
        read({"data": None})


def test_an_error_document_is_a_fault_and_not_the_absence_of_the_errand():
    with pytest.raises(DocumentError) as refusal:
        read({"data": None, "errors": [{"title": "broken"}]})

    assert not isinstance(refusal.value, NullResource)


def test_reading_does_not_change_the_report(report):
    before = copy.deepcopy(report)

    read(report)

    assert report == before


def test_actions_of_unknown_time_come_first(report):
    attributes(report)["actions"].append({"id": 200})

    assert [action.action_id for action in read(report).actions] == [200, 83, 111, 112]


def test_empty_addresses_are_omitted(report):
    basic(report)["toAddresses"] = ["", "a@example.com", None]

    assert read(report).to_addresses == ("a@example.com",)
