"""The tasks that beat sends, and their intervals."""

from __future__ import annotations

import psycopg
import pytest

from workers.config.names import Mirror, Queue, TaskName
from workers.config.settings import Retention, load_settings
from workers.config.workspaces import SettingsError
from workers.database import connections
from workers.operations.jobs import pending_nudges
from workers.operations.jobs.pending_nudges import PendingNudges
from workers.schedule import WORKSPACES_PER_POLL, beat_schedule, steady_now


@pytest.fixture
def environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": "postgresql://127.0.0.1:1/x",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "CENTION_URL": "http://127.0.0.1:1/s/demo",
        "CENTION_CALLBACK_SECRETS": "a-secret-of-callbacks",
        "CENTION_TOKEN": "token",
        "CENTION_EXPORT_PRESET": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def every_s(entry) -> float:
    return entry["schedule"].run_every.total_seconds()


def test_whether_contents_are_to_be_removed_is_checked_every_minute_on_the_queue_of_drains(
    environment,
):
    entry = beat_schedule(load_settings())["retain"]

    assert (entry["task"], every_s(entry)) == (TaskName.RETAIN, 60)
    assert entry["options"]["queue"] == Queue.FETCH


def test_what_operators_ask_for_is_looked_for_every_quarter_of_a_minute(environment):
    entry = beat_schedule(load_settings())["operator work"]

    assert (entry["task"], every_s(entry)) == (TaskName.OPERATOR_WORK, 15)
    assert entry["options"]["queue"] == Queue.FETCH


def test_by_default_nothing_is_removed(environment):
    assert load_settings().retention == Retention(callbacks_days=0, landed_days=0, bodies_days=0)


def test_each_class_of_contents_has_its_retention(environment):
    environment.setenv("RETAIN_CALLBACKS_DAYS", "7")
    environment.setenv("RETAIN_LANDED_DAYS", "30")
    environment.setenv("RETAIN_BODIES_DAYS", "365")
    environment.setenv("RETAIN_FEEDBACK_DAYS", "730")

    assert load_settings().retention == Retention(
        callbacks_days=7, landed_days=30, bodies_days=365, feedback_days=730
    )


def test_a_negative_retention_is_reported_by_name(environment):
    environment.setenv("RETAIN_BODIES_DAYS", "-1")

    with pytest.raises(SettingsError, match="RETAIN_BODIES_DAYS"):
        load_settings()


def mirrors() -> list[tuple[str, ...]]:
    """Return the arguments of the nudges of mirrors while the database cannot be asked."""
    return PendingNudges(load_settings()).arguments(TaskName.MIRROR)


@pytest.fixture
def no_database(monkeypatch):
    def refuse(*_, **__):
        raise psycopg.OperationalError

    monkeypatch.setattr(connections, "connect", refuse)


def test_mirrors_are_checked_every_minute_on_the_queue_of_drains(environment):
    entry = beat_schedule(load_settings())["mirrors"]

    assert (entry["task"], entry["args"], every_s(entry)) == (TaskName.MIRROR, (), 60)
    assert entry["options"]["queue"] == Queue.FETCH


def test_a_mirror_with_a_short_interval_is_checked_more_often(environment):
    environment.setenv("AGENT_LOGONS_EVERY_S", "60")

    assert every_s(beat_schedule(load_settings())["mirrors"]) == 15


@pytest.mark.parametrize(
    ("variable", "value", "off"),
    [
        ("LIBRARY_EVERY_S", "0", Mirror.LIBRARY),
        ("AGENT_LOGONS_EVERY_S", "0", Mirror.AGENT_LOGONS),
        ("EXPORTS_EVERY_S", "0", Mirror.EXPORTS),
        ("CENTION_EXPORT_PRESET", "", Mirror.EXPORTS),
    ],
)
def test_a_mirror_that_is_switched_off_is_never_nudged(
    environment, no_database, variable, value, off
):
    environment.setenv(variable, value)

    assert {m for m in Mirror if ("demo", m) not in mirrors()} == {off}


def test_a_mirror_without_a_token_of_its_claim_is_never_nudged(environment, no_database):
    environment.delenv("CENTION_TOKEN")
    environment.setenv("CENTION_TOKEN_LOGIO", "token")

    assert mirrors() == [("demo", Mirror.AGENT_LOGONS)]


@pytest.mark.parametrize(
    "variable",
    ["LIBRARY_EVERY_S", "AGENT_LOGONS_EVERY_S", "EXPORTS_EVERY_S", "AGENT_LOGONS_FIRST_DAYS"],
)
def test_a_negative_interval_is_reported_by_name(environment, variable):
    environment.setenv(variable, "-1")

    with pytest.raises(SettingsError, match=variable):
        load_settings()


def test_a_poll_that_waits_for_cention_does_not_delay_callbacks(environment):
    """Filing and the sweep share a queue; a list may take a minute to arrive."""
    entries = beat_schedule(load_settings()).values()

    assert {e["options"]["queue"] for e in entries if e["task"] == TaskName.POLL} == {Queue.POLLS}
    others = {e["options"]["queue"] for e in entries if e["task"] != TaskName.POLL}
    assert Queue.POLLS not in others


def test_each_workspace_is_polled_once_in_messages_of_some(environment, tmp_path):
    names = [f"w{number:02}" for number in range(40)]
    file = tmp_path / "workspaces.toml"
    file.touch(0o600)
    file.write_text(
        "".join(
            f'[{name}]\nurl = "http://127.0.0.1:1/s/{name}"\ntoken = "token"\n'
            'callback_secrets = ["a-secret-of-callbacks"]\n'
            for name in names
        )
    )
    environment.delenv("CENTION_URL")
    environment.setenv("CENTION_WORKSPACES_FILE", str(file))

    entries = beat_schedule(load_settings()).values()

    polls = [e["args"] for e in entries if e["task"] == TaskName.POLL]
    assert [name for names in polls for name in names] == names
    assert max(map(len, polls)) <= WORKSPACES_PER_POLL


def test_surveys_are_sent_once_for_all_workspaces_apart_from_other_work(environment):
    entries = beat_schedule(load_settings()).values()

    surveys = [e for e in entries if e["task"] in pending_nudges.SURVEY_TASKS]
    assert {(e["task"], e["args"], every_s(e), e["options"]["queue"]) for e in surveys} == {
        (TaskName.SURVEY_DECIDE, (), 30, Queue.SURVEYS),
        (TaskName.SURVEY_INVITE, (), 5, Queue.SURVEYS),
        (TaskName.SURVEY_CONVERSE, (), 5, Queue.SURVEYS),
        (TaskName.SURVEY_ALERT, (), 60, Queue.FETCH),
    }
    assert {e["task"] for e in entries if e["options"]["queue"] == Queue.SURVEYS} < (
        pending_nudges.SURVEY_TASKS
    )


def test_no_message_expires_as_clocks_of_machines_differ(environment):
    entries = beat_schedule(load_settings()).values()

    assert {name for entry in entries for name in entry["options"]} == {"queue"}


def test_everything_is_due_when_beat_starts_and_then_by_a_clock_that_nobody_sets(
    environment, monkeypatch
):
    entries = beat_schedule(load_settings()).values()

    assert all(entry["schedule"].is_due(entry["last_run_at"])[0] for entry in entries)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert steady_now().year > 2025
    assert {entry["schedule"].nowfun for entry in entries} == {steady_now}


def test_a_report_is_looked_for_every_minute_where_it_is_sent_to_somebody(environment):
    assert "report demo" not in beat_schedule(load_settings())
    for name, value in {
        "REPORT_EVERY": "monday 07:00",
        "REPORT_TO": "ann@nordkust.example",
        "SMTP_URL": "smtp://127.0.0.1:1",
        "SMTP_FROM": "reports@nordkust.example",
    }.items():
        environment.setenv(name, value)

    entry = beat_schedule(load_settings())["report demo"]

    assert (entry["task"], entry["args"], every_s(entry)) == (TaskName.REPORT, ("demo",), 60)
