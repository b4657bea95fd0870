"""Settings: what is set, where it came from, and no secret; the checks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.databases import run_query
from tests.support.env_example import defaults, settings
from workers.operations.jobs import operator_work, shown_settings
from workers.operations.jobs.checks import finding
from workers.operations.jobs.sentences import Sentence
from workers.operations.jobs.shown_settings import GROUPS, SECRETS, Source

OF_MAKE_RUN = ("SANDBOX_", "EMBEDDED_")


def test_every_setting_is_shown():
    shown = [name for group in GROUPS.values() for name in group]

    assert len(shown) == len(set(shown))
    files = {f"{name}_FILE" for name in SECRETS}
    assert set(shown) == {name for name in settings() if not name.startswith(OF_MAKE_RUN)} - files
    assert set(shown) >= SECRETS


def test_a_setting_that_is_not_set_is_shown_with_its_default():
    shown = {name: default for group in GROUPS.values() for name, default in group.items()}
    listed = defaults() | {"CENTION_WORKSPACE": ""}  # there an example: it depends on CENTION_URL
    listed = {name: listed[name] for name in shown.keys() & listed.keys()}

    assert len(listed) > 50
    assert {name: shown[name] for name in listed} == listed


def test_what_is_called_a_secret_in_its_name_is_one():
    words = ("TOKEN", "SECRET", "PASSWORD", "KEY", "HASH")
    plain = {"CENTION_ALLOW_SHORT_SECRETS", "ALVARIA_TOKEN_URL"}
    names = {name for group in GROUPS.values() for name in group}

    assert {name for name in names if any(word in name for word in words)} - plain <= SECRETS


def test_of_a_secret_only_that_it_is_set():
    values = {name: f"hidden-{name}" for name in SECRETS} | {
        "CENTRACX_URL": "https://user:hidden@centracx.example",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://traces.example/v1?key=hidden",
        "POLL_EVERY_S": "20",
    }
    found = {one.name: one for group in shown_settings.of_process(values).values() for one in group}

    assert all(found[name].secret for name in SECRETS)
    assert "hidden" not in str(found)
    assert found["CENTION_TOKEN"].source is Source.ENVIRONMENT_OR_FILE
    assert (found["POLL_EVERY_S"].value, found["POLL_EVERY_S"].source) == (
        "20",
        Source.ENVIRONMENT,
    )
    assert found["LEASE_S"].source is Source.DEFAULT
    assert found["SMTP_FROM"].secret is False


def test_what_make_run_has_written_is_told_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("var").mkdir()
    Path("var/run.env").write_text("POLL_EVERY_S=7\nLEASE_S=60\n")
    groups = shown_settings.of_process({"POLL_EVERY_S": "7", "LEASE_S": "90"})

    found = {one.name: one.source for one in groups["limits"]}
    assert found["POLL_EVERY_S"] is Source.RUN_FILE
    assert found["LEASE_S"] is Source.ENVIRONMENT


def test_the_page_shows_no_secret_of_this_process(operator, monkeypatch):
    for name in SECRETS:
        monkeypatch.setitem(os.environ, name, f"hidden-{name}")

    text = operator.text("/settings")

    assert "hidden-" not in text
    assert "CENTION_TOKEN" in text


@pytest.fixture
def findings(monkeypatch):
    found = [
        finding.ok("settings", "Complete."),
        finding.wrong("broker", "It <b>refuses</b>.", "Start it."),
    ]
    monkeypatch.setattr(operator_work, "findings", lambda clients: iter(found))


def test_findings_are_in_the_language_of_the_page(operator, worker, monkeypatch):
    about, sentence = Sentence("about.broker"), Sentence("check.broker", where="127.0.0.1:6379")
    found = [finding.wrong(about, sentence, Sentence("remedy.migrate"))]
    monkeypatch.setattr(operator_work, "findings", lambda clients: iter(found))
    operator.post("/settings/checks")
    worker.work()

    assert "It answers at 127.0.0.1:6379." in operator.text("/settings")
    operator.post("/language", language="sv")

    page = operator.text("/settings")
    assert "Svarar på 127.0.0.1:6379." in page
    assert "Kör: cention migrate" in page
    assert "It answers" not in page


def test_findings_of_an_older_worker_are_in_english_in_every_language(
    operator, worker, findings, database
):
    operator.post("/settings/checks")
    worker.work()
    older = '[{"level": "ok", "about": "broker", "sentence": "It answers.", "remedy": null}]'
    run_query(database, "UPDATE intake.operator_request SET result = convert_to(%s, 'UTF8')", older)
    operator.post("/language", language="sv")

    assert "It answers." in operator.text("/settings")


def test_checks_are_run_by_a_worker_and_shown_what_is_wrong_first(
    operator, worker, findings, database
):
    assert "No checks were run" in operator.text("/settings")
    operator.post("/settings/checks")
    assert "Waiting for a worker" in operator.text("/settings")

    worker.work()

    text = operator.text("/settings")
    assert text.index("It &lt;b&gt;refuses") < text.index("Complete.")
    assert "Start it." in text
    outcomes = run_query(
        database, "SELECT outcome FROM intake.operator_action WHERE kind = 'check' ORDER BY 1"
    )
    assert [row["outcome"] for row in outcomes] == ["1 ok, 1 wrong", "requested"]
