"""``make chaos`` notices each errand that must be decided and is not, and demands no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.chaos import survey_truth
from tests.chaos.surveys import RULE
from tests.integration.surveys.conftest import HOUR, START
from tests.support.surveys import brief

SECOND = timedelta(seconds=1)
SWITCHED_ON = START + HOUR


class Cention:
    """What the sandbox says while one errand was answered, and nobody was invited."""

    def __init__(self, errand_id, answered_at):
        errand = {"answered_at": int(answered_at.timestamp()), "gone": False}
        self.answers = {
            "truth": {"errands": {str(errand_id): errand}},
            "truth/surveys": {"messages": []},
        }

    def get(self, path):
        return self.answers.get(path, {"rows": []})


@pytest.fixture
def forgotten(surveys):
    """Return what the campaign misses if an errand was answered at a moment and is undecided.

    Its rule is on, after another that was on from ``START`` until the campaign loaded its own.
    """
    surveys.load(brief("before"), on=("before",))
    surveys.load(brief(RULE), on=(RULE,), on_from=SWITCHED_ON)

    def missing(at):
        cention = Cention(surveys.errand(at, errand_id=7), at)
        state = survey_truth.read_state(cention, surveys.database)
        return list(survey_truth.forgotten(state))

    return missing


def test_an_errand_that_was_answered_while_the_rule_was_on_must_be_decided(forgotten):
    assert forgotten(SWITCHED_ON + SECOND) == ["errand 7 was answered, and is not decided"]


@pytest.mark.parametrize("at", [START - SECOND, START + SECOND, SWITCHED_ON - SECOND])
def test_an_errand_that_was_answered_before_the_rule_was_on_need_not_be_decided(forgotten, at):
    assert forgotten(at) == []
