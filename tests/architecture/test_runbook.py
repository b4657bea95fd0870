"""``deploy/docs/runbook.md``: every alarm leads to an entry, and every command in it can be run."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from tests.support import metric_names, runbook

ROOT = Path(__file__).parents[2]
ENTRIES = runbook.entries()
STATES = re.compile(r"^ +WHEN '([a-z ]+)' THEN", re.MULTILINE)
# Figures that are no alarm.
QUIET_GAUGES = {
    *("cention_wanted", "cention_wanted_due", "cention_callbacks_unfiled"),
    *("cention_survey_due", "cention_survey_sending"),
    *("cention_survey_decisions_total", "cention_survey_answers_total"),
}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_an_entry_has_a_sign_a_cause_and_one_command(entry):
    assert re.findall(r"^\*\*(\w+)\.\*\*", entry.text, re.MULTILINE) == [
        "Sign",
        "Cause",
        "Command",
    ]
    assert len(entry.commands) == 1


@pytest.mark.parametrize(
    "command", [*(c for e in ENTRIES for c in e.commands), *runbook.mentioned()]
)
def test_every_command_and_its_options_exist(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mailbox.mbox").touch()  # which a command takes

    runbook.understand(command)


@pytest.mark.parametrize(
    "wrong", ["frobnicate", "status --loud", "parked forget", "want errands 5", "want", "poll 7"]
)
def test_a_command_that_does_not_exist_is_reported(wrong):
    with pytest.raises(click.UsageError):
        runbook.understand(f"cention {wrong}")


def test_every_state_that_analysts_may_see_leads_to_an_entry():
    view = (ROOT / "workers" / "database" / "views" / "0007_freshness.sql").read_text("utf-8")
    states = set(STATES.findall(view))

    assert {"missing", "stalled", "behind"} <= states
    signs = {
        sign
        for row in re.findall(r"^\|(.+?)\|", runbook.TEXT, re.MULTILINE)
        for sign in row.split("`")
    }
    assert states <= signs


def test_every_alarm_leads_to_an_entry():
    names = metric_names.of_database()

    assert len(names) > 8
    rows = "\n".join(re.findall(r"^\| `cention_.*$", runbook.TEXT, re.MULTILINE))
    assert {name for name in names - QUIET_GAUGES if f"`{name}`" not in rows} == set()


def test_every_link_leads_to_an_entry():
    anchors = {entry.anchor for entry in ENTRIES}

    assert set(re.findall(r"\]\(#([^)]+)\)", runbook.TEXT)) <= anchors


def test_every_command_that_status_advises_is_in_the_runbook():
    alerts = (ROOT / "workers" / "operations" / "jobs" / "alerts.py").read_text("utf-8")
    advised = set(re.findall(r'"((?:cention|celery) [^"]+)"', alerts))

    assert len(advised) > 5
    with_names = {command.replace("{one.workspace}", "demo") for command in advised}
    assert {command for command in with_names if command not in runbook.TEXT} == set()
