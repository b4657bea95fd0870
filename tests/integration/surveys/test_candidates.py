"""Errands that are read to be judged: all that may be in the time of a rule, and no backfill."""

from __future__ import annotations

import pytest

from tests.integration.surveys.conftest import DAY, HOUR, START
from workers.surveys.store import errand_facts

BEFORE, SINCE = START - HOUR, START + HOUR


@pytest.fixture
def candidates(surveys):
    """Return a function that returns the errands to be judged."""

    def undecided(*, closed=True):
        return errand_facts.undecided(
            surveys.conn,
            "demo",
            fetched_from=START,
            since=START,
            answered_until=START + DAY,
            closed=closed,
        )

    return undecided


def test_what_was_over_before_is_not_read_again_and_again(surveys, candidates):
    surveys.errand(at=BEFORE, fetched_at=SINCE)
    surveys.errand(at=BEFORE, fetched_at=SINCE, done_at=BEFORE)
    found = surveys.errand(at=SINCE)

    assert candidates() == [found]


@pytest.mark.parametrize(
    "changes", [{"answered_at": None}, {"done_at": SINCE}, {"answered": False, "answered_at": None}]
)
def test_what_may_have_happened_since_then_is_read(surveys, candidates, changes):
    found = surveys.errand(at=BEFORE, **{"fetched_at": SINCE} | changes)

    assert candidates() == [found]


@pytest.mark.parametrize(
    ("insertion", "closed"),
    [
        (
            "INSERT INTO cention.answer (workspace, errand_id, answer_id, response_id, received_at,"
            " callback_id) VALUES ('demo', %s, %s, 1, %s, 1)",
            False,
        ),
        (
            "INSERT INTO cention.errand_action (workspace, errand_id, action_id, happened_at,"
            " fetched_at) VALUES ('demo', %s, %s, %s, now())",
            True,
        ),
    ],
)
def test_what_was_reported_since_then_is_read(surveys, candidates, insertion, closed):
    found, other, _ = (surveys.errand(at=BEFORE, fetched_at=SINCE) for _ in range(3))
    surveys.ask(insertion, found, 1, SINCE)
    surveys.ask(insertion, other, 2, BEFORE)

    assert candidates(closed=closed) == [found]


def test_neither_a_closing_nor_an_open_errand_is_read_where_no_rule_asks_for_it(
    surveys, candidates
):
    closed = surveys.errand(at=SINCE, answered=False)
    surveys.errand(at=SINCE, answered=False, closed=False, done_at=SINCE)

    assert candidates(closed=True) == [closed]
    assert candidates(closed=False) == []


def test_nothing_is_read_whose_last_report_is_from_before(surveys, candidates):
    surveys.errand(at=BEFORE, answered_at=None)

    assert candidates() == []


def test_an_answer_is_read_once_it_is_due_and_one_in_the_future_once_its_report_is(
    surveys, candidates
):
    """A wrong CENTION_TIMEZONE shifts the dates of reports."""
    surveys.errand(at=START + DAY + HOUR, fetched_at=START + 2 * DAY)
    last = surveys.errand(at=START + DAY)
    shifted = surveys.errand(at=START + 2 * DAY, fetched_at=SINCE)

    assert sorted(candidates(closed=False)) == [last, shifted]


def test_what_was_decided_is_not_read_again(csat, candidates):
    csat.errand(at=SINCE)
    csat.decide(START + DAY)
    undecided = csat.errand(at=SINCE)

    assert candidates() == [undecided]


def test_a_preview_reads_every_errand_that_was_answered_or_closed(surveys):
    answered = surveys.errand(closed=False)
    closed = surveys.errand(answered=False)
    surveys.errand(answered=False, closed=None)
    surveys.errand(fetched_at=BEFORE)
    surveys.errand(workspace="other")

    found = errand_facts.answered_or_closed(surveys.conn, "demo", fetched_from=START)

    assert sorted(found) == [answered, closed]
