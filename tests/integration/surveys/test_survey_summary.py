"""The summary of surveys in the status line of `make run`: invited, answered, and the score."""

from __future__ import annotations

import pytest

from schemas.surveys.results import read_push
from tests.integration.surveys.conftest import DAY, DEMO, START
from tests.support.surveys import brief
from workers.surveys.jobs.import_results import import_rows
from workers.surveys.store.survey_summary import SurveySummary, survey_summary

COLUMNS = {"Invitation": "reference", "Score": "nps", "Rating": "stars", "Comment": "comment"}


@pytest.fixture
def references(surveys):
    """Five invitations that were sent, and one that is due; returns the references of the five."""
    surveys.load(brief(), on=("csat",))
    for _ in range(5):
        surveys.errand()
    surveys.decide(START + DAY)
    surveys.settle()
    surveys.errand(START + DAY)
    surveys.decide(START + 2 * DAY)
    return [one["reference"] for one in surveys.invitations() if one["state"] == "triggered"]


def test_without_any_survey_everything_is_zero_and_there_is_no_score(surveys):
    assert survey_summary(surveys.conn) == SurveySummary(
        invited=0, answered=0, nps_scores=0, nps=None
    )


def test_invitations_that_were_sent_and_their_answers_are_counted_once(surveys, references):
    answered = (
        {"Score": 10, "Comment": "Good"},
        {"Score": 9},
        {"Score": 6},
        {"Rating": 1},
    )
    rows = [{"Invitation": r} | a for r, a in zip(references, answered, strict=False)]
    rows.append({"Invitation": "of another", "Score": 0})

    import_rows(
        surveys.conn,
        "demo",
        "digidesk",
        read_push({"rows": rows}, COLUMNS, zone=DEMO.zone),
        dry_run=False,
    )

    found = survey_summary(surveys.conn)
    assert (found.invited, found.answered, found.nps_scores) == (5, 4, 3)
    assert found.nps == pytest.approx(33.3, abs=0.1)
