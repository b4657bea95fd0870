"""``cention report``, and what status and check say of it."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import psycopg
import pytest

MAIL = {
    "REPORT_EVERY": "monday 07:00",
    "REPORT_TO": "ann@nordkust.example",
    "SMTP_URL": "smtp://127.0.0.1:1",
    "SMTP_FROM": "reports@nordkust.example",
}


@pytest.fixture
def sent(database):
    """Record a report in some state."""
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("INSERT INTO cention.workspace VALUES ('demo', 'Europe/Stockholm')")

        def record(state, problem=None, due="now()"):
            conn.execute(
                "INSERT INTO intake.report_sent (workspace, week, state, due_at, sent_at, problem)"
                f" VALUES ('demo', '2024-01-29', %s, {due}, now(), %s)",
                [state, problem],
            )

        record.states = lambda: conn.execute("SELECT state FROM intake.report_sent").fetchall()
        yield record


def test_a_report_of_an_empty_database_is_a_page_or_a_workbook_that_says_so(terminal, sent):
    page = terminal.run("report", "--week", "2024-W05", "--to", "report.html", "--language", "sv")
    book = terminal.run("report", "--week", "2024-W05", "--to", "report.xlsx")

    assert (page.exit_code, book.exit_code) == (0, 0)
    assert page.stdout == "report.html: the report of demo for 2024-W05.\n"
    assert "Inget ärende är lagrat ännu" in Path("report.html").read_text("utf-8")
    first = openpyxl.load_workbook("report.xlsx").worksheets[0]
    assert first["A1"].value == "Week 2024-W05"


def test_its_language_is_that_of_the_settings(terminal, environment, sent):
    environment.setenv("REPORT_LANGUAGE", "sv")

    terminal.run("report", "--to", "report.html")

    assert '<html lang="sv">' in Path("report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "report.pdf"), "ending in .html or .xlsx"),
        ((), "ending in .html or .xlsx"),
        (("--week", "5", "--to", "report.html"), "'5' is not a week such as 2024-W05"),
        (("--workspace", "x", "--to", "report.html"), "No workspace 'x'"),
    ],
)
def test_wrong_usage_is_named(terminal, words, said):
    result = terminal.run("report", *words)

    assert result.exit_code == 2
    assert said in result.stderr
    assert not list(Path().glob("*report*"))


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing(terminal, sent):
    result = terminal.run("report", "--to", "missing/report.html")

    assert result.exit_code == 1
    assert "Nothing was written to missing/report.html: No such file" in result.stderr


def test_a_database_that_was_never_migrated_for_the_workspace_is_named(terminal):
    result = terminal.run("report", "--to", "report.html")

    assert result.exit_code == 1
    assert "Nothing is stored of the workspace demo. Run: cention migrate" in result.stderr


@pytest.mark.parametrize(("word", "state"), [("done", "sent"), ("missing", "due")])
def test_an_unknown_outcome_is_listed_with_what_to_run_and_recorded(terminal, sent, word, state):
    sent("unknown", "no answer")

    listed = terminal.run("report", "unknown")
    [row] = terminal.json("report", "unknown")
    recorded = terminal.run("report", "unknown", word, "2024-W05", "--yes")

    assert "cention report unknown done WEEK" in listed.stdout
    assert (row["week"], row["state"], row["problem"]) == ("2024-01-29", "unknown", "no answer")
    assert recorded.exit_code == 0
    assert sent.states() == [(state,)]
    assert terminal.run("report", "unknown", word, "2024-W05", "--yes").exit_code == 1


def test_what_a_dead_worker_was_sending_is_listed_as_unknown(terminal, sent):
    sent("sending")

    assert "2024-W05" in terminal.run("report", "unknown").stdout
    assert sent.states() == [("unknown",)]


def test_nothing_is_recorded_without_a_confirmation(terminal, sent):
    sent("unknown")

    assert terminal.run("report", "unknown", "done", "2024-W05").exit_code == 2
    assert sent.states() == [("unknown",)]


@pytest.mark.parametrize(
    ("state", "problem", "due", "said"),
    [
        ("unknown", "x", "now()", "it is not known whether it was sent"),
        ("refused", "no such user", "now()", "not sent (no such user)"),
        ("due", None, "now() - interval '2 hours'", "not sent since it was due"),
        ("due", "busy", "now()", "not sent yet (busy)"),
    ],
)
def test_status_names_a_report_that_is_not_sent(terminal, sent, state, problem, due, said):
    sent(state, problem, due)

    notices = terminal.json("status")["notices"]

    assert [one["sentence"] for one in notices if "report of" in one["sentence"]] == [
        f"report of demo for 2024-W05: {said}."
    ]


@pytest.mark.parametrize("state", ["sent", "sending", "due"])
def test_status_says_nothing_of_a_report_that_is_well(terminal, sent, state):
    sent(state)

    notices = terminal.json("status")["notices"]

    assert not [one for one in notices if "report of" in one["sentence"]]


def test_status_says_that_a_report_waits_while_surveys_are_held(terminal, sent, database):
    sent("due")
    with psycopg.connect(database) as conn:
        conn.execute("INSERT INTO feedback.hold (workspace, reason) VALUES ('demo', 'restored')")

    [notice] = [one for one in terminal.json("status")["notices"] if "report of" in one["sentence"]]

    assert "because surveys are held (restored)" in notice["sentence"]
    assert notice["command"] == "cention surveys resume --workspace demo"


def test_check_says_when_it_is_sent_and_names_no_address(terminal, environment, sent):
    for name, value in MAIL.items():
        environment.setenv(name, value)

    found = {one["about"]: one for one in terminal.json("check")}

    said = found["report of demo"]["sentence"]
    assert said == "Sent every monday at 07:00 (Europe/Stockholm) to 1 address."
    assert "survey pages of demo" not in found


def test_check_names_each_mistake(terminal, environment):
    for name, value in (MAIL | {"REPORT_EVERY": "mondag", "REPORT_TO": "ann"}).items():
        environment.setenv(name, value)

    sentences = " ".join(one["sentence"] for one in terminal.json("check"))

    assert "REPORT_EVERY: Not a day and a time such as monday 07:00." in sentences
    assert "REPORT_TO: Not addresses" in sentences
