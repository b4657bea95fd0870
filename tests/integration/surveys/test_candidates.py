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
            " callback_id) VALUES ('demo', %s, 1, 1, %s, 1)",
            False,
        ),
        (
            "INSERT INTO cention.errand_action (workspace, errand_id, action_id, happened_at,"
            " fetched_at) VALUES ('demo', %s, 1, %s, now())",
            True,
        ),
    ],
)
def test_what_was_reported_since_then_is_read(surveys, candidates, insertion, closed):
    found = surveys.errand(at=BEFORE, fetched_at=SINCE)
    surveys.ask(insertion, found, SINCE)

    assert candidates(closed=closed) == [found]
