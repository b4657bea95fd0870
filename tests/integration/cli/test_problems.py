"""What cannot be filed or parsed can be shown, and dismissed."""

from __future__ import annotations

import json

import pytest

from tests.support.databases import run_query


@pytest.fixture
def problem(terminal, database) -> int:
    """The number of a callback with a problem."""
    [row] = run_query(
        database,
        "INSERT INTO intake.callback (workspace, received_at, body_sha256, document, problem)"
        " VALUES ('demo', now(), sha256('x'), '{\"data\": 5}', 'it is odd') RETURNING callback_id",
    )
    return int(row["callback_id"])


def test_a_callback_is_shown_as_it_was_received(terminal, problem):
    shown = json.loads(terminal.run("callbacks", "show", problem).stdout)

    assert shown["document"] == {"data": 5}
    assert shown["problem"] == "it is odd"


def test_a_callback_that_was_dismissed_is_no_problem_and_is_not_filed_again(
    terminal, problem, database
):
    assert terminal.run("callbacks", "dismiss", problem).stdout == "1 callback dismissed.\n"

    assert terminal.json("callbacks", "--problems") == []
    assert json.loads(terminal.run("callbacks", "show", problem).stdout)["dismissed_at"]
    terminal.run("renormalise")
    assert terminal.json("callbacks", "--problems") == []


def test_dismissing_what_is_no_problem_says_so(terminal, problem):
    result = terminal.run("callbacks", "dismiss", problem, problem + 1)

    assert result.exit_code == 1
    assert "No such callback, or it has no problem: 1 id." in result.stderr


def test_a_callback_that_does_not_exist_is_named(terminal):
    result = terminal.run("callbacks", "show", 999)

    assert result.exit_code == 1
    assert "No callback 999" in result.stderr


def test_an_unreadable_document_is_shown_and_stays_dismissed_until_it_can_be_read(
    terminal, database
):
    run_query(
        database,
        "INSERT INTO intake.landed (workspace, family, remote_id, document, fetched_at, problem)"
        " VALUES ('demo', 'errand_reports', 7, '{\"data\": 5}', now(), 'no report')",
    )

    shown = json.loads(terminal.run("unreadable", "show", "errand_reports", 7).stdout)
    assert shown["document"] == {"data": 5}
    assert terminal.run("unreadable", "dismiss", "errand_reports", 7).stdout == (
        "1 document dismissed.\n"
    )

    assert terminal.json("unreadable") == []
    terminal.run("renormalise")
    assert terminal.json("unreadable") == []


def test_the_version_is_printed(terminal):
    assert terminal.run("--version").stdout.startswith("cention bridge ")
