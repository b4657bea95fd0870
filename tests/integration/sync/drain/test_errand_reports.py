"""Every field of a report is stored in its column, and an absent field changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.bridge import REPORTS, Bridge, answering, raising
from workers.clients.errors import NotFound
from workers.sync.jobs.family_spec import PlainDocument

GONE = NotFound("not found", api="cention", status=404)

OF_33 = {
    "workspace": "demo",
    "errand_id": 33,
    "display_id": "33",
    "thread_id": 32,
    "group_id": None,
    "has_child": False,
    "acquired": False,
    "status_code": "ACTION_ANSWER",
    "status_title": "Errand has been answered",
    "service_id": 1,
    "organisation_id": 3,
    "area_id": 1,
    "agent_id": 2,
    "priority": None,
    "from_address": "test.account@cention.se",
    "from_name": "Cention ĈĈĈ, Leader",
    "to_text": "test.tester@cention.asia",
    "subject": "test",
    "body_html": '<div dir="ltr">test222</div>\r\n',
    "arrived_at": datetime(2015, 7, 16, 18, 47, tzinfo=UTC),
    "answered_at": datetime(2015, 7, 17, 15, 8, tzinfo=UTC),
    "done_at": None,
    "attachment_count": 0,
    "closed": True,
    "deleted": False,
    "answered": True,
    "has_answer": False,
    "answer_deleted": False,
    "forwarded_external": False,
    "cloned_forwarded_external": False,
    "feedback_answer": None,
    "feedback_link": None,
    "feedback_value": None,
    "feedback_question_text": None,
    "feedback_question_html": None,
    "answer_subject": "test",
    "answer_body": "test body",
    "secure_user_id": None,
    "fb_likes": None,
    "fb_action": None,
    "fb_pms": False,
    "send_pm": False,
    "retweet": False,
    "twitter_pm": False,
    "sla_expiry": 0,
    "sla_done_due": False,
    "within_sla": False,
    "handling_time_s": 0,
    "response_time_s": 0,
    "sla_pending": False,
    "gone_at": None,
}
OF_2256 = {
    "workspace": "demo",
    "errand_id": 2256,
    "display_id": "2256-1",
    "thread_id": 2249,
    "group_id": 2250,
    "has_child": True,
    "acquired": True,
    "status_code": "ACTION_ANSWER, ACTION_SAVE",
    "status_title": "Besvarat, Sparat",
    "service_id": 4,
    "organisation_id": 5,
    "area_id": 6,
    "agent_id": 7,
    "priority": "Hög",
    "from_address": "karin.lind@example.com",
    "from_name": "Lind, Karin",
    "to_text": "kundtjanst@example.com, info@example.com",
    "subject": "Faktura 4711",
    "body_html": "<p>Hej!</p>",
    "arrived_at": datetime(2017, 1, 22, 8, 53, tzinfo=UTC),
    "answered_at": datetime(2017, 1, 22, 9, 15, tzinfo=UTC),
    "done_at": datetime(2017, 7, 22, 10, 0, tzinfo=UTC),
    "attachment_count": 3,
    "closed": True,
    "deleted": True,
    "answered": True,
    "has_answer": True,
    "answer_deleted": True,
    "forwarded_external": True,
    "cloned_forwarded_external": True,
    "feedback_answer": "Mycket nöjd",
    "feedback_link": "https://example.com/meter/1",
    "feedback_value": 4,
    "feedback_question_text": "Är du nöjd?",
    "feedback_question_html": "<b>Är du nöjd?</b>",
    "answer_subject": "SV: Faktura 4711",
    "answer_body": "Tack, betald.",
    "secure_user_id": "19700101-0000",
    "fb_likes": "17",
    "fb_action": "like",
    "fb_pms": True,
    "send_pm": True,
    "retweet": True,
    "twitter_pm": True,
    "sla_expiry": 2,
    "sla_done_due": True,
    "within_sla": True,
    "handling_time_s": 1316,
    "response_time_s": 1310,
    "sla_pending": False,
    "gone_at": None,
}


@pytest.fixture
def bridge(offline_bridge) -> Bridge:
    return offline_bridge


def drain_documents(bridge: Bridge, *documents: dict[str, Any]) -> None:
    """Drain these reports one after the other."""
    for document in documents:
        bridge.want(REPORTS, int(document["data"]["id"]))
        bridge.make_due()
        bridge.drain(REPORTS, fetch=answering(document))


def errand(bridge: Bridge) -> dict[str, Any]:
    [row] = bridge.rows("SELECT * FROM cention.errand")
    return row


def tags(bridge: Bridge) -> list[int]:
    return [
        row["tag_id"] for row in bridge.rows("SELECT tag_id FROM cention.errand_tag ORDER BY 1")
    ]


def recipients(bridge: Bridge) -> list[tuple[str, int, str]]:
    found = bridge.rows(
        "SELECT kind, position, address FROM cention.errand_recipient ORDER BY 1, 2"
    )
    return [(row["kind"], row["position"], row["address"]) for row in found]


def basic_data(document: dict[str, Any]) -> dict[str, Any]:
    return document["data"]["attributes"]["basic"]["data"]


@pytest.mark.parametrize(
    ("name", "expected"), [("errand_report_33", OF_33), ("errand_report_2256", OF_2256)]
)
def test_every_field_of_a_report_ends_in_its_column(bridge, document, name, expected):
    drain_documents(bridge, document(name))

    row = errand(bridge)
    assert row.pop("sla_fetched_at") == row.pop("fetched_at") is not None
    assert row == expected


def test_the_history_of_an_errand_is_stored_line_by_line(bridge, document):
    drain_documents(bridge, document("errand_report_2256"))

    actions = bridge.rows(
        "SELECT action_id, errand_id, note, origin, happened_at FROM cention.errand_action"
        " ORDER BY action_id"
    )
    assert actions == [
        {
            "action_id": 9007199254740990,
            "errand_id": 2256,
            "note": "Ärendet skapades 📧",
            "origin": None,
            "happened_at": datetime(2017, 1, 22, 8, 53, 4, tzinfo=UTC),
        },
        {
            "action_id": 9007199254740991,
            "errand_id": 2256,
            "note": "Ärendet besvarades",
            "origin": "Åsa Öberg",
            "happened_at": datetime(2017, 1, 22, 9, 15, tzinfo=UTC),
        },
    ]


def test_history_is_never_removed_and_a_line_that_was_reworded_is_reworded(bridge, document):
    first, second = document("errand_report_2256"), document("errand_report_2256")
    removed = second["data"]["attributes"]["actions"].pop()
    second["data"]["attributes"]["actions"][0]["note"] = "Skapat"

    drain_documents(bridge, first, second)

    notes = bridge.rows("SELECT note FROM cention.errand_action ORDER BY action_id")
    assert [row["note"] for row in notes] == ["Skapat", removed["note"]]


def test_the_names_that_a_report_mentions_have_tables_of_their_own(bridge, document):
    drain_documents(bridge, document("errand_report_2256"))

    assert bridge.rows("SELECT organisation_id, name FROM cention.organisation") == [
        {"organisation_id": 5, "name": "Nordbolaget AB"}
    ]
    assert bridge.rows("SELECT area_id, name FROM cention.area") == [
        {"area_id": 6, "name": "Kundtjänst"}
    ]
    assert bridge.rows("SELECT agent_id, name FROM cention.agent") == [
        {"agent_id": 7, "name": "Åsa Öberg"}
    ]
    assert bridge.rows("SELECT service_id, name FROM cention.service") == [
        {"service_id": 4, "name": "Facebook"}
    ]
    assert bridge.rows("SELECT tag_id, name FROM cention.tag ORDER BY 1") == [
        {"tag_id": 40, "name": "Faktura"},
        {"tag_id": 41, "name": "Brådskande"},
    ]


def test_a_new_name_of_an_area_replaces_the_old_one(bridge, document):
    first, second = document("errand_report_33"), document("errand_report_33")
    basic_data(second)["areaName"] = "Support"

    drain_documents(bridge, first, second)

    assert bridge.rows("SELECT area_id, name FROM cention.area") == [
        {"area_id": 1, "name": "Support"}
    ]


def test_tags_are_replaced_as_a_set(bridge, document):
    first, second = document("errand_report_2256"), document("errand_report_2256")
    second["data"]["attributes"]["extended"]["errand_tags"] = [
        {"id": 41, "desc": "Brådskande"},
        {"id": 42, "desc": "Ny"},
    ]

    drain_documents(bridge, first, second)

    assert tags(bridge) == [41, 42]


@pytest.mark.parametrize("nothing", [None, []])
def test_the_last_tag_can_be_removed(bridge, document, nothing):
    first, second = document("errand_report_2256"), document("errand_report_2256")
    second["data"]["attributes"]["extended"]["errand_tags"] = nothing

    drain_documents(bridge, first, second)

    assert tags(bridge) == []


def test_lists_of_recipients_shrink_and_change(bridge, document):
    first, second = document("errand_report_2256"), document("errand_report_2256")
    basic_data(second)["toAddresses"] = ["info@example.com"]
    basic_data(second)["copyAddresses"] = None

    drain_documents(bridge, first)
    before = recipients(bridge)
    drain_documents(bridge, second)

    assert before == [
        ("copy", 1, "chef@example.com"),
        ("to", 1, "kundtjanst@example.com"),
        ("to", 2, "info@example.com"),
    ]
    assert recipients(bridge) == [("to", 1, "info@example.com")]


def test_lists_that_a_report_does_not_mention_stay_as_they_were(bridge, document):
    first, second = document("errand_report_2256"), document("errand_report_2256")
    del second["data"]["attributes"]["actions"]
    del second["data"]["attributes"]["extended"]["errand_tags"]
    del basic_data(second)["toAddresses"], basic_data(second)["copyAddresses"]

    drain_documents(bridge, first)
    before = (tags(bridge), recipients(bridge))
    drain_documents(bridge, second)

    assert (tags(bridge), recipients(bridge)) == before
    assert len(bridge.rows("SELECT action_id FROM cention.errand_action")) == 2


def test_a_report_without_sla_is_written_and_leaves_the_old_sla(bridge, document):
    first, second = document("errand_report_2256"), document("errand_report_2256")
    second["data"]["attributes"]["sla"] = None
    basic_data(second)["subject"] = "Ny rubrik"

    drain_documents(bridge, first)
    before = errand(bridge)
    drain_documents(bridge, second)

    row = errand(bridge)
    assert (row["subject"], row["sla_pending"], row["within_sla"]) == ("Ny rubrik", True, True)
    assert (row["handling_time_s"], row["response_time_s"]) == (1316, 1310)
    assert row["sla_fetched_at"] == before["sla_fetched_at"] < row["fetched_at"]


def test_a_report_without_sla_is_fetched_again_after_a_minute(bridge, document):
    pending = document("errand_report_2256")
    pending["data"]["attributes"]["sla"] = None
    drain_documents(bridge, pending)
    waiting = bridge.wanted(2256)

    bridge.make_due()
    bridge.drain(REPORTS, fetch=answering(document("errand_report_2256")))

    assert 55 < waiting["wait_s"] <= 60
    assert bridge.wanted_ids() == []
    assert errand(bridge)["sla_pending"] is False


def test_an_errand_wanted_again_while_a_report_without_sla_is_fetched_is_due_at_once(
    bridge, document
):
    """The report may be older than the change, which begins a new count of fetches."""
    pending = document("errand_report_2256")
    pending["data"]["attributes"]["sla"] = None
    bridge.want(REPORTS, 2256)
    bridge.execute("UPDATE intake.wanted SET looks = 3")

    def fetch(errand_id):
        bridge.want(REPORTS, errand_id)
        return PlainDocument(document=pending)

    bridge.drain(REPORTS, fetch=fetch)

    row = bridge.wanted(2256)
    assert (row["claim"], row["looks"]) == (None, 0)
    assert row["wait_s"] <= 0


def test_a_report_whose_sla_never_comes_is_fetched_six_times(bridge, document):
    pending = document("errand_report_2256")
    pending["data"]["attributes"]["sla"] = None
    bridge.want(REPORTS, 2256)
    fetches = 0

    while bridge.wanted_ids():
        bridge.make_due()
        fetches += bridge.drain(REPORTS, fetch=answering(pending)).claimed

    assert fetches == 6
    assert errand(bridge)["sla_pending"] is True


def test_an_errand_is_gone_only_after_two_separate_fetches(bridge, document):
    drain_documents(bridge, document("errand_report_33"))
    bridge.want(REPORTS, 33)

    bridge.drain(REPORTS, fetch=raising(GONE))
    after_one, waiting = errand(bridge), bridge.wanted(33)
    bridge.execute("UPDATE intake.wanted SET due_at = now()")
    bridge.drain(REPORTS, fetch=raising(GONE))
    after_two_at_once = errand(bridge)
    bridge.make_due()
    bridge.drain(REPORTS, fetch=raising(GONE))

    assert (after_one["gone_at"], after_two_at_once["gone_at"]) == (None, None)
    assert 25 < waiting["wait_s"] <= 30
    row = errand(bridge)
    assert row["gone_at"] is not None
    assert row["subject"] == "test"
    assert bridge.wanted_ids() == []


def test_a_document_without_data_is_a_missing_errand_too(bridge):
    bridge.want(REPORTS, 33)

    for _ in range(2):
        bridge.make_due()
        bridge.drain(REPORTS, fetch=answering({"data": None}))

    assert errand(bridge)["gone_at"] is not None


def test_an_errand_not_found_once_and_then_fetched_is_not_gone(bridge, document):
    bridge.want(REPORTS, 33)
    bridge.drain(REPORTS, fetch=raising(GONE))
    bridge.make_due()

    bridge.drain(REPORTS, fetch=answering(document("errand_report_33")))

    assert errand(bridge)["gone_at"] is None
    assert bridge.wanted_ids() == []


def test_a_restored_errand_is_no_longer_gone(bridge, document):
    bridge.want(REPORTS, 33)
    for _ in range(2):
        bridge.make_due()
        bridge.drain(REPORTS, fetch=raising(GONE))
    gone = errand(bridge)["gone_at"]

    drain_documents(bridge, document("errand_report_33"))

    assert gone is not None
    row = errand(bridge)
    assert (row["gone_at"], row["subject"]) == (None, "test")


def test_a_report_about_another_errand_is_unreadable(bridge, document):
    bridge.want(REPORTS, 34)

    bridge.drain(REPORTS, fetch=answering(document("errand_report_33")))

    assert bridge.rows("SELECT remote_id, understood_at, problem FROM intake.landed") == [
        {"remote_id": 34, "understood_at": None, "problem": "/data/id: is 33, but 34 was asked for"}
    ]
    assert bridge.rows("SELECT errand_id FROM cention.errand") == []
    assert bridge.wanted_ids() == []


def test_an_unreadable_report_leaves_the_rows_of_the_last_one_and_replaces_its_document(
    bridge, document
):
    unreadable = document("errand_report_33")
    basic_data(unreadable)["closed"] = "perhaps"

    drain_documents(bridge, document("errand_report_33"), unreadable)

    assert errand(bridge)["subject"] == "test"
    [landed] = bridge.rows("SELECT document, problem FROM intake.landed")
    assert landed["document"] == unreadable
    assert landed["problem"].startswith("/data/attributes/basic/data/closed")


def test_a_report_is_stored_as_it_was_fetched(bridge, document):
    drain_documents(bridge, document("errand_report_2256"))

    [landed] = bridge.rows("SELECT document, problem, understood_at FROM intake.landed")
    assert landed["document"] == document("errand_report_2256")
    assert landed["problem"] is None
    assert landed["understood_at"] is not None
