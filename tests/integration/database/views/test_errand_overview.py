"""analyst.errand_overview: one row per errand, with all names joined."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from schemas.cention.attachments import AttachmentKind, AttachmentRef
from schemas.cention.errand_actions import ErrandAction
from schemas.cention.errand_reports import ErrandSla, Tag

MORNING = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def row(centre, errand_id=33):
    found = centre.query("SELECT * FROM analyst.errand_overview WHERE errand_id = %s", errand_id)
    assert len(found) == 1
    return found[0]


def test_names_are_beside_ids(centre):
    centre.report(33)

    assert row(centre) | {
        "service_name": "Email",
        "organisation_name": "cention-org",
        "area_name": "test-services-area",
        "agent_name": "System Administrator",
    } == row(centre)


def test_an_unassigned_errand_without_area_tags_or_answer_is_included(centre):
    centre.report(33, agent_id=None, agent_name=None, area_id=None, area_name=None)

    found = row(centre)
    assert (found["agent_name"], found["area_name"]) == (None, None)
    assert (found["tags"], found["tags_text"]) == ([], "")
    assert (found["answer_count"], found["latest_answer_at"]) == (0, None)


def test_tags_are_sorted_as_an_array_and_as_one_text(centre):
    centre.report(33, tags=(Tag(tag_id=2, name="Refund"), Tag(tag_id=1, name="Delay")))

    assert row(centre)["tags"] == ["Delay", "Refund"]
    assert row(centre)["tags_text"] == "Delay, Refund"


def test_a_tag_that_was_never_named_shows_its_number(centre):
    centre.report(33, tags=(Tag(tag_id=7, name=None),))

    assert row(centre)["tags"] == ["7"]


def test_recipients_keep_their_order(centre):
    centre.report(
        33, to_addresses=("b@example.com", "a@example.com"), copy_addresses=("c@example.com",)
    )

    assert row(centre)["recipients"] == ["b@example.com", "a@example.com"]
    assert row(centre)["copy_recipients"] == ["c@example.com"]


def test_times_are_in_minutes(centre):
    sla = ErrandSla(
        sla_expiry=0, sla_done_due=False, within_sla=True, handling_time_s=90, response_time_s=3600
    )

    centre.report(33, arrived_at=MORNING, answered_at=NOON, done_at=None, sla=sla)

    found = row(centre)
    assert (found["handling_time_min"], found["response_time_min"]) == (Decimal("1.50"), 60)
    assert (found["arrival_to_answer_min"], found["arrival_to_done_min"]) == (240, None)


def test_the_day_of_arrival_is_the_workspaces_day(centre):
    centre.report(33, arrived_at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))

    assert row(centre)["arrived_on"] == date(2026, 3, 11)


def test_the_day_is_that_of_utc_in_a_workspace_without_a_clock(centre):
    centre.query("DELETE FROM cention.workspace RETURNING workspace")

    centre.report(33, arrived_at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))

    assert row(centre)["arrived_on"] == date(2026, 3, 10)


def test_the_latest_answer_is_shown_and_all_are_counted(centre):
    file, image = (
        AttachmentRef(kind=AttachmentKind.RESPONSE, attachment_id=1),
        AttachmentRef(kind=AttachmentKind.AREA_ARCHIVE, attachment_id=2),
    )
    centre.report(33)

    centre.answer(33, answer_id=9, at=NOON, subject="second", body_text="late", attachments=(file,))
    centre.answer(33, answer_id=10, at=MORNING, subject="first", attachments=(file, image))

    found = row(centre)
    assert (found["latest_answer_subject"], found["latest_answer_text"]) == ("second", "late")
    assert found["latest_answer_at"] == NOON
    assert (found["answer_count"], found["answer_attachment_count"]) == (2, 2)


def test_an_answer_sent_as_two_responses_counts_once_and_so_do_its_files(centre):
    file = AttachmentRef(kind=AttachmentKind.RESPONSE, attachment_id=1)
    centre.report(33)

    for response_id in (1, 2):
        centre.answer(33, answer_id=9, response_id=response_id, at=NOON, attachments=(file,))

    assert row(centre)["answer_count"] == 1
    assert row(centre)["answer_attachment_count"] == 1


def test_the_history_is_counted_with_its_first_and_last_moment(centre):
    actions = tuple(
        ErrandAction(action_id=n, note=None, origin=None, happened_at=at)
        for n, at in enumerate((NOON, MORNING))
    )

    centre.report(33, actions=actions)

    found = row(centre)
    assert found["action_count"] == 2
    assert (found["first_action_at"], found["last_action_at"]) == (MORNING, NOON)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"deleted": True, "closed": True, "answered": True}, "deleted"),
        ({"deleted": False, "closed": True, "answered": True}, "closed"),
        ({"deleted": False, "closed": False, "answered": True}, "answered"),
        ({"deleted": False, "closed": False, "answered": False}, "open"),
        ({"deleted": None, "closed": None, "answered": None}, "open"),
    ],
)
def test_the_state_is_one_word(centre, facts, state):
    centre.report(33, **facts)

    assert row(centre)["state"] == state


def test_an_errand_that_is_gone_keeps_its_last_known_values(centre):
    centre.report(33, subject="Where is it?", closed=True)

    centre.gone(33)

    assert (row(centre)["state"], row(centre)["subject"]) == ("gone", "Where is it?")


def test_an_errand_gone_before_its_first_report_is_included(centre):
    centre.gone(34)

    assert (row(centre, 34)["state"], row(centre, 34)["arrived_at"]) == ("gone", None)


def test_two_workspaces_with_the_same_ids_do_not_mix(centre):
    centre.report(33, tags=(Tag(tag_id=1, name="Delay"),))
    centre.put("cention.errand", workspace="other", errand_id=33, area_id=1, fetched_at=NOON)

    found = centre.query("SELECT workspace, area_name, tags FROM analyst.errand_overview")

    assert {r["workspace"]: (r["area_name"], r["tags"]) for r in found} == {
        "demo": ("test-services-area", ["Delay"]),
        "other": (None, []),
    }


def test_columns_that_are_not_selected_are_not_computed(centre):
    plan = centre.query("EXPLAIN SELECT errand_id, subject FROM analyst.errand_overview")

    assert [r["QUERY PLAN"] for r in plan if "Scan" in r["QUERY PLAN"]] == [plan[0]["QUERY PLAN"]]


def test_no_column_is_html(centre):
    names = centre.query(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'analyst' AND table_name = 'errand_overview'"
    )

    assert not [r["column_name"] for r in names if "html" in r["column_name"]]
