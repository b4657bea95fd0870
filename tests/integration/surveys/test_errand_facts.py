"""What the judge is told of an errand, from its report, its history and its callbacks."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from tests.integration.surveys.conftest import DAY, HOUR, START
from tests.support.surveys import brief, rules_of
from workers.surveys.jobs import load_rules
from workers.surveys.store import errand_facts

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ANSWERED = START + HOUR
FETCHED = ANSWERED + 2 * HOUR
NUMBERS = count(1)
ALERT = """\
[rule.alert]
kind = "nps"
at_most = 6
from = "Alerts@Nordkust.example"
subject = "Score {score}"
body = "{comment}"
"""


@pytest.fixture
def facts(surveys):
    """Return a function that returns the facts of one errand."""

    def facts_of(errand_id):
        [found] = errand_facts.read(surveys.conn, "demo", [errand_id])
        return found

    return facts_of


def report(surveys, **changes):
    """Write an errand that was fetched two hours after its answer."""
    return surveys.errand(ANSWERED, **{"fetched_at": FETCHED} | changes)


def file_callback(surveys, errand, received_at):
    number = next(NUMBERS)
    surveys.ask(
        "INSERT INTO cention.answer (workspace, errand_id, answer_id, response_id, received_at,"
        " callback_id) VALUES ('demo', %s, %s, %s, %s, 1)",
        *(errand, number, number, received_at),
    )


def act(surveys, errand, happened_at, origin="", *, number=None):
    """Add an entry to the history of an errand."""
    surveys.ask(
        "INSERT INTO cention.errand_action"
        " (workspace, errand_id, action_id, note, origin, happened_at, fetched_at)"
        " VALUES ('demo', %s, %s, 'note', %s, %s, now())",
        *(errand, number or next(NUMBERS), origin, happened_at),
    )


def test_what_has_not_happened_has_no_moment(surveys, facts):
    errand = report(surveys, answered=False, closed=False, done_at=ANSWERED)
    file_callback(surveys, errand, ANSWERED)

    found = facts(errand)

    assert (found.answered_at, found.closed_at) == (None, None)


@pytest.mark.parametrize("received", [[-HOUR], [MINUTE], [MINUTE, HOUR, -HOUR]])
def test_an_answer_was_given_when_its_last_callback_came(surveys, facts, received):
    errand = report(surveys)
    for after in received:
        file_callback(surveys, errand, ANSWERED + after)

    assert facts(errand).answered_at == ANSWERED + max(received)


@pytest.mark.parametrize(
    ("answered_at", "found"), [(ANSWERED, ANSWERED), (FETCHED + DAY, FETCHED), (None, FETCHED)]
)
def test_an_answer_without_a_callback_was_given_no_later_than_it_was_reported(
    surveys, facts, answered_at, found
):
    errand = report(surveys, answered_at=answered_at)

    assert facts(errand).answered_at == found


@pytest.mark.parametrize(
    ("done_at", "acted_at", "closed_at"),
    [
        (FETCHED, ANSWERED, FETCHED),
        (ANSWERED + MINUTE, ANSWERED + HOUR, ANSWERED + MINUTE),
        (FETCHED + DAY, ANSWERED + HOUR, ANSWERED + HOUR),
        (None, ANSWERED + HOUR, ANSWERED + HOUR),
        (None, ANSWERED - HOUR, ANSWERED - HOUR),
        (FETCHED + DAY, None, ANSWERED),
        (FETCHED + DAY, FETCHED + HOUR, FETCHED),
    ],
)
def test_an_errand_was_closed_when_it_was_done_else_at_its_last_entry_else_at_its_answer(
    surveys, facts, done_at, acted_at, closed_at
):
    errand = report(surveys, done_at=done_at)
    if acted_at is not None:
        act(surveys, errand, acted_at)
        act(surveys, errand, acted_at - DAY)

    assert facts(errand).closed_at == closed_at


@pytest.mark.parametrize(
    ("closed", "after", "reopened"),
    [
        (False, timedelta(seconds=59), False),
        (False, MINUTE, True),
        (None, MINUTE, True),
        (True, MINUTE, False),
    ],
)
def test_an_open_errand_to_which_something_happened_after_its_answer_was_reopened(
    surveys, facts, closed, after, reopened
):
    errand = report(surveys, closed=closed)
    act(surveys, errand, ANSWERED + after)

    assert facts(errand).reopened == reopened


@pytest.mark.parametrize(
    ("received", "acted", "reopened"),
    [(-30 * SECOND, 30 * SECOND, True), (30 * SECOND, MINUTE, True), (-HOUR, -HOUR, False)],
)
def test_it_was_reopened_a_minute_after_the_earlier_of_report_and_callback(
    surveys, facts, received, acted, reopened
):
    errand = report(surveys, closed=False)
    file_callback(surveys, errand, ANSWERED + received)
    act(surveys, errand, ANSWERED + acted)

    assert facts(errand).reopened == reopened


def test_without_a_moment_of_its_answer_an_errand_is_not_said_to_be_reopened(surveys, facts):
    errand = report(surveys, closed=False, answered_at=None)
    act(surveys, errand, FETCHED)

    assert not facts(errand).reopened


def test_what_is_not_reported_as_deleted_or_gone_is_there(surveys, facts):
    there, deleted = report(surveys, deleted=None), report(surveys, deleted=True)
    gone = report(surveys, gone_at=FETCHED)

    found = [facts(errand) for errand in (there, deleted, gone)]

    assert [one.deleted for one in found] == [False, True, False]
    assert [one.gone for one in found] == [False, False, True]


def test_an_erased_rating_of_the_same_number_erases_no_errand(surveys, facts):
    errand = report(surveys)
    surveys.ask("INSERT INTO intake.erased VALUES ('demo', 'facebook_ratings', %s, now())", errand)

    assert not facts(errand).erased


def test_an_errand_that_we_created_is_ours_and_no_other(surveys, facts):
    ours, other = report(surveys), report(surveys)
    surveys.ask(
        "INSERT INTO cention.sent_errand (workspace, message_sha256, state, errand_id, answered,"
        " attachment_count, attachment_bytes, sent_by)"
        " VALUES ('demo', sha256('x'), 'created', %s, false, 0, 0, gen_random_uuid())",
        ours,
    )

    assert [facts(one).made_by_us for one in (ours, other)] == [True, False]


@pytest.mark.parametrize("on", [("csat",), ()])
def test_an_errand_from_the_sender_of_alerts_is_ours_though_its_creation_is_not_known(
    surveys, facts, on
):
    surveys.load(brief(tables=ALERT), on=on)
    alert = report(surveys, from_address="alerts@NORDKUST.example")
    other = report(surveys, from_address="nordkust@example.org")
    nobody = report(surveys, from_address=None)

    assert [facts(one).made_by_us for one in (alert, other, nobody)] == [True, False, False]


def test_the_sender_of_alerts_of_another_workspace_is_a_customer(surveys, facts):
    rules = rules_of(brief(tables=ALERT))
    load_rules.load(surveys.conn, "other", rules, dry_run=False)

    assert not facts(report(surveys, from_address="alerts@nordkust.example")).made_by_us


@pytest.mark.parametrize(
    ("column", "value", "asked"),
    [
        ("feedback_link", "https://example.org", True),
        ("feedback_question_text", "How was it?", True),
        ("feedback_question_html", "<p>How was it?", True),
        ("feedback_value", 0, True),
        ("feedback_question_text", "", False),
    ],
)
def test_whatever_is_left_of_a_question_of_cention_says_that_it_asked(
    surveys, facts, column, value, asked
):
    errand = report(surveys, **{column: value})

    assert facts(errand).cention_asked == asked


def test_names_are_those_of_the_errands_own_numbers(surveys, facts):
    for number, name in ((3, "first"), (4, "second")):
        for kind in ("area", "service", "organisation", "agent"):
            surveys.ask(
                f"INSERT INTO cention.{kind} VALUES ('demo', %s, %s, now())",
                *(number, f"{name} {kind}"),
            )
    numbers = dict.fromkeys(("area_id", "service_id", "organisation_id", "agent_id"), 4)

    found = facts(report(surveys, thread_id=7, status_code="open", **numbers))
    unnamed = facts(report(surveys, **dict.fromkeys(numbers, 5)))

    assert (found.area, found.channel) == ("second area", "second service")
    assert (found.organisation, found.agent) == ("second organisation", "second agent")
    assert (found.thread_id, found.status_code, found.contact_name) == (7, "open", "Customer")
    assert (unnamed.area_id, unnamed.area, unnamed.agent) == (5, None, None)


def test_tags_are_listed_by_number_each_beside_its_name(surveys, facts):
    errand, other = report(surveys), report(surveys)
    for number, name in ((12, "a"), (11, "b")):
        surveys.ask("INSERT INTO cention.tag VALUES ('demo', %s, %s, now())", number, name)
    for number in (13, 12, 11):
        surveys.ask("INSERT INTO cention.errand_tag VALUES ('demo', %s, %s, now())", errand, number)

    for way in ("indexscan", "bitmapscan", "presorted_aggregate"):  # whatever the plan is
        surveys.ask(f"SET enable_{way} = off")

    found, untagged = facts(errand), facts(other)

    assert (found.tag_ids, found.tags) == ([11, 12, 13], ["b", "a", ""])
    assert (untagged.tag_ids, untagged.tags) == ([], [])


@pytest.mark.parametrize(
    ("changes", "received", "answered_by"),
    [
        ({}, None, "Bo"),
        ({}, 3 * HOUR, "Cleo"),
        ({}, -30 * MINUTE, "Ann"),
        ({"answered_at": None}, None, "Dag"),
    ],
)
def test_an_errand_was_answered_by_whoever_acted_last_until_its_answer(
    surveys, facts, changes, received, answered_by
):
    errand = report(surveys, **changes)
    act(surveys, errand, ANSWERED - HOUR, "Ann")
    act(surveys, errand, ANSWERED + 59 * SECOND, "Bo")
    act(surveys, errand, ANSWERED + 59 * SECOND + SECOND / 2)
    act(surveys, errand, ANSWERED + 2 * HOUR, "Cleo")
    act(surveys, errand, ANSWERED + 4 * HOUR, "Dag")
    if received is not None:
        file_callback(surveys, errand, ANSWERED + received)

    assert facts(errand).answered_by == answered_by


def test_of_two_who_acted_at_the_same_moment_the_later_entry_counts(surveys, facts):
    errand = report(surveys)
    for number, origin in ((901, "Ann"), (903, "Cleo"), (902, "Bo")):
        act(surveys, errand, ANSWERED, origin, number=number)

    assert facts(errand).answered_by == "Cleo"


def test_callbacks_and_entries_of_another_errand_say_nothing_of_this_one(surveys, facts):
    errand, other = report(surveys), report(surveys)
    file_callback(surveys, other, ANSWERED + HOUR)
    act(surveys, other, ANSWERED + HOUR, "Ann")
    act(surveys, other, ANSWERED - HOUR, "Ann")

    found = facts(errand)

    assert (found.answered_at, found.closed_at, found.answered_by) == (ANSWERED, ANSWERED, None)


def test_an_errand_without_a_history_was_answered_by_nobody_known(surveys, facts):
    assert facts(report(surveys)).answered_by is None


def test_facts_come_in_the_order_of_the_errands_numbers_and_unknown_errands_have_none(surveys):
    for number in (12, 10, 11):
        report(surveys, errand_id=number)

    found = errand_facts.read(surveys.conn, "demo", [11, 99, 12, 10])

    assert [one.errand_id for one in found] == [10, 11, 12]
