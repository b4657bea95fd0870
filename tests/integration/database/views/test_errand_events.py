"""analyst.errand_event and analyst.unknown_action: what happened to errands, by source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schemas.cention.errand_actions import ErrandAction
from schemas.cention.errand_tags import Tag
from workers.analytics.store import action_patterns
from workers.analytics.store.action_patterns import ActionKind

BEGAN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
NOTES = {
    "created": "arrived",
    "opened": "opened",
    "answered": "answered",
    "closed": "closed",
    "reopened": "reopened",
    "tagged": "tagged",
    "assigned": "assigned",
    "moved to another area": "transferred",
    "forwarded to an external expert": "forwarded",
    "rated by the customer": "rated",
    "deleted": "deleted",
    "commented": "commented",
}


def acted(*notes):
    return tuple(
        ErrandAction(
            action_id=number,
            note=note,
            origin="Åsa Öberg",
            happened_at=BEGAN + timedelta(minutes=number),
        )
        for number, note in enumerate(notes, start=1)
    )


def kinds(centre, source):
    rows = centre.query(
        "SELECT kind FROM analyst.errand_event WHERE source = %s ORDER BY happened_at, kind", source
    )
    return [row["kind"] for row in rows]


def test_each_kind_of_note_is_an_event_with_the_time_of_its_action(centre):
    notes = [f"Errand 1 was {verb} by agent Åsa Öberg at 2026-03-10 09:00:00." for verb in NOTES]
    centre.report(1, actions=acted(*notes))

    assert kinds(centre, "action") == list(NOTES.values())
    [first] = centre.query("SELECT happened_at FROM analyst.errand_event WHERE action_id = 1")
    assert first["happened_at"] == BEGAN + timedelta(minutes=1)


def test_a_note_that_means_two_events_is_two(centre):
    centre.report(1, actions=acted("Errand 33 was answered and closed by agent Åsa at 2015-07-17"))

    assert sorted(kinds(centre, "action")) == ["answered", "closed"]


def test_a_note_that_no_pattern_knows_is_other_and_is_counted_by_its_shape(centre):
    centre.report(
        1, actions=acted("Ärende 1 parkerat av Åsa Öberg", "Ärende 1 parkerat av Åsa Öberg")
    )

    assert kinds(centre, "action") == ["other", "other"]
    assert [
        (one.note, one.actions)
        for one in action_patterns.unknown_notes(centre.conn, "demo", limit=9)
    ] == [("Ärende # parkerat av (agent)", 2)]


@pytest.mark.parametrize(("kind", "found"), [("commented", ["commented"]), ("ignored", [])])
def test_a_pattern_of_an_operator_counts_for_actions_that_are_stored(centre, kind, found):
    centre.report(1, actions=acted("Ärende 1 PARKERAT av Åsa Öberg"))

    action_patterns.set_pattern(centre.conn, "demo", "ärende % parkerat av %", ActionKind(kind))

    assert kinds(centre, "action") == found
    assert action_patterns.unknown_notes(centre.conn, "demo", limit=9) == []


def test_a_pattern_of_the_workspace_counts_before_one_of_all_workspaces(centre):
    centre.report(1, actions=acted("Errand 1 was tagged by agent Åsa"))

    action_patterns.set_pattern(centre.conn, "demo", "% tagged %", ActionKind.IGNORED)

    assert kinds(centre, "action") == []


def test_what_changed_between_two_fetches_is_an_event_between_their_times(centre):
    centre.report(1, closed=False, answered=False, agent_id=None, area_id=1)
    centre.report(1, closed=False, answered=False, agent_id=2, area_id=3)
    centre.report(1, closed=True, answered=True, agent_id=2, area_id=3)
    centre.report(1, closed=False, answered=True, agent_id=2, area_id=3)
    centre.gone(1)

    found = centre.query(
        "SELECT kind, after_at, happened_at FROM analyst.errand_event"
        " WHERE source = 'version' ORDER BY happened_at, kind"
    )

    assert [row["kind"] for row in found] == [
        *("assigned", "transferred", "answered", "closed", "reopened", "gone")
    ]
    assert all(row["after_at"] < row["happened_at"] for row in found)


def test_an_errand_that_is_taken_from_its_agent_is_unassigned(centre):
    centre.report(1, agent_id=2)
    centre.report(1, agent_id=None)

    assert kinds(centre, "version") == ["unassigned"]


def test_an_errand_that_was_gone_before_its_first_report_has_no_events_of_that_report(centre):
    centre.gone(1)
    centre.report(
        1,
        closed=True,
        answered=True,
        deleted=True,
        agent_id=2,
        area_id=3,
        tags=(Tag(tag_id=5, name="x"),),
    )
    centre.report(1, closed=False, answered=True, deleted=True, agent_id=2, area_id=4)

    assert kinds(centre, "version") == ["reopened", "tagged", "transferred"]


def test_an_errand_that_comes_back_has_the_events_since_its_last_report(centre):
    centre.report(1, closed=False, agent_id=None)
    centre.gone(1)
    centre.report(1, closed=True, agent_id=2)

    assert kinds(centre, "version") == ["gone", "assigned", "closed"]


@pytest.mark.parametrize(
    ("first", "found"), [(None, []), ((), ["tagged"])], ids=["no tags reported", "no tags"]
)
def test_tags_are_an_event_only_if_the_tags_before_are_known(centre, first, found):
    centre.report(1, tags=first)
    centre.report(1, tags=(Tag(tag_id=5, name="x"),))

    assert kinds(centre, "version") == found


def test_a_report_of_no_tags_after_one_without_tags_is_no_event(centre):
    centre.report(1, tags=None)
    centre.report(1, tags=())

    assert kinds(centre, "version") == []


def test_the_first_known_area_is_no_transfer(centre):
    centre.report(1, area_id=None)
    centre.report(1, area_id=3)

    assert kinds(centre, "version") == []


def test_the_times_of_the_report_are_events_of_their_own(centre):
    centre.report(1, arrived_at=BEGAN, answered_at=BEGAN + timedelta(minutes=5), done_at=None)

    assert kinds(centre, "report") == ["arrived", "answered"]


def test_an_answer_of_a_callback_is_an_event(centre):
    centre.answer(1, answer_id=1, at=BEGAN)

    assert kinds(centre, "callback") == ["answered"]
