"""The task that decides, as beat sends it."""

from __future__ import annotations

import pytest

from tests.integration.surveys.conftest import Surveys
from tests.support.surveys import brief
from workers.tasks import survey_alerts
from workers.tasks import surveys as tasks

# Celery looks at all attributes of a task when it is first used outside of an application.
pytestmark = pytest.mark.filterwarnings("ignore::celery.exceptions.CDeprecationWarning")


@pytest.fixture
def context(offline_bridge, monkeypatch):
    monkeypatch.setattr(tasks, "context", lambda: offline_bridge.context)


def test_the_task_decides_by_the_clock_of_the_database(context, csat: Surveys):
    csat.ask("UPDATE feedback.rule SET on_from = now() - interval '1 day'")
    errand = csat.errand()
    csat.ask(
        "UPDATE cention.errand SET answered_at = now() - interval '2 hours', fetched_at = now()"
    )

    tasks.survey_decide.run("demo")

    assert csat.outcome(errand) == "invite"


def test_a_workspace_that_is_not_in_the_settings_is_left_alone(context, surveys: Surveys):
    tasks.survey_decide.run("elsewhere")

    assert surveys.decisions() == {}


def test_without_a_key_of_persons_nothing_is_decided(context, surveys: Surveys):
    surveys.load(brief(), on=("csat",))
    surveys.ask("DELETE FROM intake.person_key")
    surveys.errand()

    tasks.survey_decide.run("demo")

    assert surveys.decisions() == {}


def test_alerts_of_a_workspace_without_a_token_are_left_alone(
    offline_bridge, monkeypatch, surveys: Surveys
):
    monkeypatch.setattr(survey_alerts, "context", lambda: offline_bridge.context)

    survey_alerts.survey_alert.run("demo")

    assert surveys.ask("SELECT FROM feedback.alert") == []
