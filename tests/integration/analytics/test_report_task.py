"""The task that sends the weekly report, as beat sends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import psycopg

from tests.integration.conftest import context_of
from tests.support.settings import SETTINGS, WORKSPACE
from workers.config.mail import SmtpAccount
from workers.config.reports import ReportSettings
from workers.config.survey_vendors import SurveyVendors
from workers.tasks import reports

ACCOUNT = SmtpAccount(
    host="127.0.0.1",
    port=1,
    user=None,
    password=None,
    sender="reports@nordkust.example",
    sender_name="",
)
REPORT = ReportSettings(weekday=1, at=time(7), to=("ann@nordkust.example",))


def _states(database, monkeypatch, workspace):
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("INSERT INTO cention.workspace VALUES ('demo', 'Europe/Stockholm')")
        settings = replace(SETTINGS, database_url=database, workspaces=(workspace,))
        with context_of(settings) as context:
            monkeypatch.setattr(reports, "context", lambda: context)
            reports.report.run("demo")
        return conn.execute("SELECT state, problem FROM intake.report_sent").fetchall()


def test_a_report_whose_mail_server_cannot_be_reached_waits(database, monkeypatch):
    mailing = replace(WORKSPACE, surveys=SurveyVendors(mail=ACCOUNT), report=REPORT)

    [(state, problem)] = _states(database, monkeypatch, mailing)

    assert state == "due"
    assert problem.startswith("no connection to the mail server")


def test_a_workspace_whose_report_is_sent_to_nobody_has_none_due(database, monkeypatch):
    assert _states(database, monkeypatch, WORKSPACE) == []
