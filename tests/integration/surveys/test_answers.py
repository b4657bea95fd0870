"""Answers that are matched by our reference."""

from __future__ import annotations

import threading

import psycopg
import pytest

from schemas.surveys.results import read_push
from tests.integration.surveys.conftest import DAY, DEMO, START
from tests.support.surveys import brief
from workers.surveys.jobs.import_results import import_rows
from workers.surveys.store import answers, invitations

COLUMNS = {
    "Invitation": "reference",
    "Score": "nps",
    "Comment": "comment",
    "At": "answered_at",
}


def results(*rows):
    return read_push({"rows": list(rows)}, COLUMNS, zone=DEMO.zone)


@pytest.fixture
def take(surveys):
    """Import rows; return how many were taken, known and unmatched."""

    def import_results(*rows, vendor="digidesk", dry_run=False, conn=surveys.conn):
        saved = import_rows(conn, "demo", vendor, results(*rows), dry_run=dry_run).saved
        return (saved.taken, saved.known, saved.unmatched)

    return import_results


@pytest.fixture
def invited(surveys):
    """An invitation that was sent; returns its row."""
    surveys.load(brief(), on=("csat",))
    surveys.errand(area_id=7, agent_id=9)
    surveys.decide(START + DAY)
    surveys.settle()
    [invitation] = surveys.invitations()
    return invitation


def saved(surveys):
    return surveys.ask(
        "SELECT position, question_key, kind, number, lowest, highest, comment"
        " FROM feedback.answer ORDER BY session_id, position"
    )


def test_an_answer_is_matched_by_our_reference(surveys, invited, take):
    row = {"Invitation": invited["reference"], "Score": 9, "Comment": "Good", "At": "2026-03-05"}

    assert take(row) == (1, 0, 0)

    score, comment = saved(surveys)
    assert (score["position"], score["question_key"], score["kind"]) == (1, "Score", "nps")
    assert (score["number"], score["lowest"], score["highest"]) == (9, 0, 10)
    assert (comment["position"], comment["kind"], comment["comment"]) == (2, "text", "Good")
    [session] = surveys.ask("SELECT * FROM feedback.session")
    assert session["invitation_id"] == invited["invitation_id"]
    assert session["errand_id"] == invited["errand_id"]
    assert (session["origin"], session["state"], session["verified"]) == (
        "import",
        "complete",
        True,
    )


def test_the_same_rows_again_add_nothing(surveys, invited, take):
    row = {"Invitation": invited["reference"], "Score": 9}
    strange = {"Invitation": "not ours", "Score": 1}

    assert take(row, strange) == (1, 0, 1)
    before = saved(surveys)
    assert take(row, strange) == (0, 1, 1)
    assert take({"Invitation": invited["reference"], "Score": 2}) == (0, 1, 0)

    assert saved(surveys) == before
    assert len(answers.unmatched(surveys.conn, "demo", limit=9)) == 1


def test_a_question_is_answered_once_within_a_file_and_a_later_one_is_added(surveys, invited, take):
    reference = invited["reference"]

    assert take({"Invitation": reference, "Score": 9}, {"Invitation": reference, "Score": 3}) == (
        1,
        1,
        0,
    )
    assert take({"Invitation": reference, "Score": 3, "Comment": "More"}) == (1, 0, 0)

    assert [(one["number"], one["comment"]) for one in saved(surveys)] == [
        (9, None),
        (None, "More"),
    ]


def test_rows_without_our_reference_are_kept_and_never_guessed(surveys, invited, take):
    assert take({"Score": 9}, {"Invitation": "strange", "Score": 8}) == (0, 0, 2)

    assert saved(surveys) == []
    newest, oldest = answers.unmatched(surveys.conn, "demo", limit=9)
    assert (oldest.reference, oldest.cells["Score"]) == (None, "9")
    assert (newest.reference, newest.cells["Score"]) == ("strange", "8")
    assert answers.unmatched(surveys.conn, "demo", limit=1) == [newest]
    elsewhere = results({"Invitation": invited["reference"], "Score": 9})
    import_rows(surveys.conn, "other", "digidesk", elsewhere, dry_run=False)
    assert saved(surveys) == []  # a reference of another workspace is none of ours


def test_answers_are_listed_the_newest_first_and_those_of_a_survey_as_they_were_given(
    surveys, invited, take
):
    surveys.errand()
    surveys.decide(START + DAY)
    surveys.settle()
    _, second = surveys.invitations()
    early, late = "2026-03-04 10:00", "2026-03-05 10:00"
    take(
        {"Invitation": invited["reference"], "Score": 9, "Comment": "More", "At": late},
        {"Invitation": second["reference"], "Score": 3, "At": early},
    )

    found = answers.newest(surveys.conn, "demo", limit=9)

    assert [(one.errand_id, one.rule) for one in found] == [(1, "csat"), (1, "csat"), (2, "csat")]
    assert [(one.number, one.comment) for one in found] == [(9, None), (None, "More"), (3, None)]
    assert answers.newest(surveys.conn, "demo", limit=2) == found[:2]


def test_the_status_says_how_long_ago_the_newest_row_without_an_invitation_came(surveys, take):
    take({"Score": 9}, {"Score": 8}, {"Score": 7})
    ids = "SELECT unmatched_id FROM feedback.unmatched_row ORDER BY unmatched_id"
    for hours, row in zip((3, 2, 1), surveys.ask(ids), strict=True):
        surveys.ask(
            "UPDATE feedback.unmatched_row SET received_at = now() - make_interval(hours => %s)"
            " WHERE unmatched_id = %s",
            *(hours, row["unmatched_id"]),
        )

    surveys.ask("SET enable_indexscan = off; SET enable_bitmapscan = off")  # whatever the plan is
    [status] = [one for one in invitations.statuses(surveys.conn) if one.workspace == "demo"]

    assert (status.unmatched, round(status.newest_unmatched_s / 3600)) == (3, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [("unknown", "triggered"), ("sending", "triggered"), ("refused", "refused")],
)
def test_an_answer_proves_that_an_invitation_was_sent_whatever_its_request_comes_to(
    surveys, invited, take, before, after
):
    surveys.ask(
        "UPDATE feedback.invitation SET state = %s, settled_at = NULL, problem = 'no answer'",
        before,
    )

    take({"Invitation": invited["reference"], "Score": 9})

    [invitation] = surveys.invitations()
    assert invitation["state"] == after
    assert (invitation["settled_by"] == "answer") == (before != "refused")
    assert invitation["sent_at"] == invited["sent_at"]


def test_what_is_due_again_after_a_restore_and_was_answered_is_not_sent_again(
    surveys, invited, take
):
    surveys.ask(
        "UPDATE feedback.invitation SET state = 'due', sent_at = NULL, sent_by = NULL, tries = 0,"
        " settled_at = NULL, settled_by = NULL"
    )

    take({"Invitation": invited["reference"], "Score": 9})

    [invitation] = surveys.invitations()
    assert (invitation["state"], invitation["settled_by"]) == ("triggered", "answer")
    assert invitation["sent_at"] == invited["due_at"]


def test_a_dry_run_counts_and_writes_nothing(surveys, invited, take):
    row = {"Invitation": invited["reference"], "Score": 9}

    assert take(row, {"Score": 1}, dry_run=True) == (1, 0, 1)

    assert saved(surveys) == []
    assert answers.unmatched(surveys.conn, "demo", limit=9) == []


def test_two_imports_at_the_same_time_add_one_answer(surveys, invited, take):
    row = {"Invitation": invited["reference"], "Score": 9, "Comment": "Good"}
    outcomes = []

    def run():
        with psycopg.connect(surveys.database, autocommit=True) as conn:
            outcomes.append(take(row, conn=conn))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [(0, 1, 0)] * 5 + [(1, 0, 0)]
    assert len(saved(surveys)) == 2


def test_results_that_are_reported_as_those_of_another_vendor_do_not_count_twice(
    surveys, invited, take
):
    row = {"Invitation": invited["reference"], "Score": 9}

    assert take(row, vendor="customer_radar") == (1, 0, 0)
    assert take(row, vendor="digidesk") == (0, 1, 0)

    [session] = surveys.ask("SELECT vendor FROM feedback.session")
    assert session["vendor"] == invited["vendor"] == "digidesk"
