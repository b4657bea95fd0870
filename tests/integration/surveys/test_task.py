"""The tasks that decide and invite, as beat sends them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.conftest import context_of
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.integration.surveys.conftest import DEMO, Surveys
from tests.integration.surveys.inviting import PASSWORD
from tests.support.settings import SETTINGS, WORKSPACE
from tests.support.surveys import brief
from workers.config.survey_vendors import DigideskAccount, SurveyVendors
from workers.tasks import retention, survey_alerts
from workers.tasks import surveys as tasks
from workers.tasks.base import BridgeTask


@pytest.fixture
def sandbox():
    with sandbox_server() as running:
        yield running


@pytest.fixture
def context(database, sandbox, monkeypatch):
    """A worker with an account at DigiDesk."""
    account = DigideskAccount(
        url=f"{sandbox.root}/digidesk/api/survey_requests/", user="sandbox", password=PASSWORD
    )
    workspace = replace(WORKSPACE, surveys=SurveyVendors(digidesk=account))
    with context_of(replace(SETTINGS, database_url=database, workspaces=(workspace,))) as built:
        monkeypatch.setattr(tasks, "context", lambda: built)
        yield built


@pytest.fixture
def nudges(monkeypatch):
    """The nudges that tasks send."""
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(BridgeTask, "nudge", lambda self, *words: sent.append(words))
    return sent


def test_the_tasks_decide_and_invite_by_the_clock_of_the_database(
    context, sandbox, nudges, csat: Surveys
):
    csat.ask("UPDATE feedback.rule SET on_from = now() - interval '1 day'")
    errand = csat.errand()
    csat.ask(
        "UPDATE cention.errand SET answered_at = now() - interval '2 hours', fetched_at = now()"
    )

    tasks.survey_decide.run("demo")
    assert csat.outcome(errand) == "invite"
    assert nudges == [("surveys.invite", "demo")]
    tasks.survey_invite.run("demo")

    [row] = csat.invitations()
    assert row["state"] == "triggered"
    [message] = sandbox.control("truth/surveys")["messages"]
    assert message["pairs"]["Invitation"] == row["reference"]


def test_without_a_vendor_in_the_settings_nobody_is_invited(context, nudges, csat: Surveys):
    context.survey_workspaces["demo"] = replace(DEMO, vendors=frozenset())
    csat.ask("UPDATE feedback.rule SET on_from = now() - interval '1 day'")
    csat.errand()
    csat.ask(
        "UPDATE cention.errand SET answered_at = now() - interval '2 hours', fetched_at = now()"
    )

    tasks.survey_decide.run("demo")

    assert (csat.decisions(), nudges) == ({}, [])


def test_a_workspace_that_is_not_in_the_settings_is_left_alone(context, surveys: Surveys):
    tasks.survey_decide.run("elsewhere")
    tasks.survey_invite.run("elsewhere")

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


def test_the_hourly_task_ends_surveys_that_customers_left(
    context, monkeypatch, nudges, csat: Surveys
):
    monkeypatch.setattr(retention, "context", lambda: context)
    csat.ask(
        "INSERT INTO feedback.session (workspace, vendor, remote_id, origin, state, verified,"
        " started_at) VALUES ('demo', 'alvaria', 'left', 'page', 'open', false,"
        " now() - interval '25 hours'), ('demo', 'alvaria', 'here', 'page', 'open', false, now())"
    )

    retention.retain.run()

    found = csat.ask("SELECT remote_id, state FROM feedback.session ORDER BY session_id")
    assert [(one["remote_id"], one["state"]) for one in found] == [
        ("left", "partial"),
        ("here", "open"),
    ]
