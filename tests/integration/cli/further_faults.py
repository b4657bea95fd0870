"""Faults of outbound requests, mirrors and past data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CREATE = ("errands", "create", "--from", "a@b.example", "--subject", "Hello")


def it_is_not_known_whether_an_errand_was_created(command_context: Any) -> None:
    command_context.cention.control(
        "faults", {"error_500": {"types": ["c3_new_errands"], "times": 1}}
    )
    assert "It is not known" in command_context.terminal.run(*CREATE).stderr
    assert 'a@b.example "Hello"' in command_context.run().stdout
    [one] = command_context.terminal.json("errands", "unknown")
    command_context.terminal.run("errands", "unknown", "missing", one["sent_id"], "--yes")
    assert "created" in command_context.terminal.run(*CREATE).stdout


def an_import_stopped(command_context: Any) -> None:
    Path("mailbox.mbox").write_bytes(b"From x\nFrom: a@b.example\nSubject: Hello\n\nhello\n")
    with command_context.environment.context() as wrong:
        wrong.setenv("CENTION_TOKEN_CREATE_ERRAND", "wrong")
        assert "Stopped: " in command_context.run().stderr
    assert command_context.run().stdout == "1 errand created.\n"


def a_mirror_is_not_refreshed(command_context: Any) -> None:
    with command_context.environment.context() as wrong:
        wrong.setenv("CENTION_TOKEN_LOGIO", "wrong")
        assert "refused" in command_context.run().stdout
    assert "refused" not in command_context.run().stdout


def the_library_is_not_refreshed(command_context: Any) -> None:
    command_context.cention.control(
        "faults", {"error_500": {"types": ["c3_libraries"], "times": 1}}
    )
    assert "Nothing was changed" in command_context.run().stderr
    assert "are up to date" in command_context.run().stdout


def exports_have_stopped(command_context: Any) -> None:
    command_context.terminal.run("exports", "run", "7")
    assert "no such export" in command_context.run().stdout


def rows_of_the_log_cannot_be_read(command_context: Any) -> None:
    command_context.bridge.rows(
        "INSERT INTO intake.odd_logon"
        " (workspace, row_sha256, row, problem, first_seen_at, last_seen_at)"
        " VALUES ('demo', sha256('x'), '[\"joe\"]', '1 column instead of 4', now(), now())"
    )
    assert "1 column instead of 4" in command_context.run().stdout


def log_ons_of_a_period_are_missing(command_context: Any) -> None:
    assert command_context.run().exit_code == 0


def errands_of_the_past_are_missing(command_context: Any) -> None:
    assert command_context.run().exit_code == 0
    assert command_context.run().stdout.startswith("All of these days are done.")


def errands_are_to_be_marked_as_changed(command_context: Any) -> None:
    assert command_context.run().stdout == "5,000 errands marked as changed at Cention.\n"


FAULTS = {
    "It is not known whether an errand was created": it_is_not_known_whether_an_errand_was_created,
    "An import stopped": an_import_stopped,
    "A mirror is not refreshed": a_mirror_is_not_refreshed,
    "The library is not refreshed": the_library_is_not_refreshed,
    "Exports have stopped": exports_have_stopped,
    "Rows of the log-on table cannot be read": rows_of_the_log_cannot_be_read,
    "Log-ons of a period are missing": log_ons_of_a_period_are_missing,
    "Errands of the past are missing": errands_of_the_past_are_missing,
    "Cention has to list errands again": errands_are_to_be_marked_as_changed,
}
