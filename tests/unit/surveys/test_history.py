"""What is remembered of a person's invitations and answers, in whatever order it is read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from workers.surveys.rules.history import History

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = date(2026, 3, 2)
ANN, BO = b"ann", b"bo"


@pytest.mark.parametrize(
    "order", list(permutations([("a", 3 * HOUR), ("b", 2 * HOUR), ("a", HOUR)]))
)
def test_a_person_was_last_invited_at_the_latest_moment_of_a_rule_or_of_any(order):
    history = History()
    for rule, before in order:
        history.remember(ANN, rule, NOON - before)

    assert history.last_invited(ANN) == history.last_invited(ANN, "a") == NOON - HOUR
    assert history.last_invited(ANN, "b") == NOON - 2 * HOUR
    assert history.last_invited(ANN, "c") is history.last_invited(BO) is None


def test_the_last_answer_is_the_latest_one_up_to_a_moment():
    history = History(answered={ANN: [NOON - HOUR, NOON, NOON - 2 * HOUR]})

    assert history.last_answered(ANN, until=NOON) == NOON
    assert history.last_answered(ANN, until=NOON - HOUR / 2) == NOON - HOUR
    assert history.last_answered(ANN, until=NOON - 3 * HOUR) is None
    assert history.last_answered(BO, until=NOON) is None


def test_invitations_of_a_day_are_added_up_for_the_rule_and_for_each_agent():
    history = History()
    for rule, agent_id, number in (("a", 3, 2), ("a", None, 1), ("a", 3, 1), ("b", 3, 5)):
        history.count(rule, DAY, agent_id, number)

    assert (history.invited_on("a", DAY), history.invited_on("b", DAY)) == (4, 5)
    assert (history.invited_for("a", DAY, 3), history.invited_for("a", DAY, None)) == (3, 1)
    assert history.invited_on("a", DAY + timedelta(days=1)) == 0
