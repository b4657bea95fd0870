"""Faults of outbound requests, mirrors and past data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CREATE = ("errands", "create", "--from", "a@b.example", "--subject", "Hello")


def it_is_not_known_whether_an_errand_was_created(place: Any) -> None:
    place.cention.control("faults", {"error_500": {"types": ["c3_new_errands"], "times": 1}})
    assert "It is not known" in place.terminal.run(*CREATE).stderr
    assert 'a@b.example "Hello"' in place.run().stdout
    [one] = place.terminal.json("errands", "unknown")
    place.terminal.run("errands", "unknown", "missing", one["sent_id"], "--yes")
    assert "created" in place.terminal.run(*CREATE).stdout


def an_import_stopped(place: Any) -> None:
    Path("mailbox.mbox").write_bytes(b"From x\nFrom: a@b.example\nSubject: Hello\n\nhello\n")
    with place.environment.context() as wrong:
        wrong.setenv("CENTION_TOKEN_CREATE_ERRAND", "wrong")
        assert "Stopped: " in place.run().stderr
    assert place.run().stdout == "1 errand created.\n"


def a_mirror_is_not_refreshed(place: Any) -> None:
    with place.environment.context() as wrong:
        wrong.setenv("CENTION_TOKEN_LOGIO", "wrong")
        assert "refused" in place.run().stdout
    assert "refused" not in place.run().stdout


def the_library_is_not_refreshed(place: Any) -> None:
    place.cention.control("faults", {"error_500": {"types": ["c3_libraries"], "times": 1}})
    assert "Nothing was changed" in place.run().stderr
    assert "are up to date" in place.run().stdout


def exports_have_stopped(place: Any) -> None:
    place.terminal.run("exports", "run", "7")
    assert "no such export" in place.run().stdout


def rows_of_the_log_cannot_be_read(place: Any) -> None:
    place.bridge.rows(
        "INSERT INTO intake.odd_logon"
        " (workspace, row_sha256, row, problem, first_seen_at, last_seen_at)"
        " VALUES ('demo', sha256('x'), '[\"joe\"]', '1 column instead of 4', now(), now())"
    )
    assert "1 column instead of 4" in place.run().stdout


def log_ons_of_a_period_are_missing(place: Any) -> None:
    assert place.run().exit_code == 0


def errands_of_the_past_are_missing(place: Any) -> None:
    assert place.run().exit_code == 0
    assert place.run().stdout.startswith("All of these days are done.")


def errands_are_to_be_marked_as_changed(place: Any) -> None:
    assert place.run().stdout == "5,000 errands marked as changed at Cention.\n"


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
