"""``cention errands close`` and ``cention calls end``."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from unittest import mock
from uuid import uuid4

import psycopg
import pytest

from schemas.cention.errands import ErrandAnswer
from tests.support.eventually import eventually
from workers.outbound.jobs.send import AlreadyClosed, Sender
from workers.outbound.store import sent_commands

NEW, END, CALL = "c3_new_errands", "c3_end_errands", "c3_end_obcall"
CALL_END = ("calls", "end", "--device", "1000", "--extension", "17")


@pytest.fixture
def closed_errands(cention):
    """The closings that Cention received."""
    return lambda: cention.control("truth/errands")["closed"]


@pytest.fixture
def ended_calls(cention):
    """The ends of calls that Cention received."""
    return lambda: cention.control("truth/errands")["ended_calls"]


def test_an_errand_is_closed_by_a_user_with_an_answer(terminal, cention, closed_errands, rows):
    errand_id = cention.new_errand()
    answer = {
        "user_type": "cention",
        "user_id": "1234",
        "subject": "Re",
        "body": "Done",
        "html_body": "<p>Done</p>",
    }

    result = terminal.run(
        "errands", "close", errand_id, "--user-type", "cention", "--user-id", "1234",
        "--subject", "Re", "--body", "Done", "--html-body", "<p>Done</p>",
    )  # fmt: skip

    assert (result.exit_code, result.stdout) == (0, f"Errand {errand_id} closed.\n")
    assert closed_errands() == [{"errand_id": errand_id, "answer": answer}]
    [row] = rows("SELECT state, errand_id, user_type, user_id, problem FROM cention.sent_closing")
    assert row == {
        "state": "done",
        "errand_id": errand_id,
        "user_type": "cention",
        "user_id": "1234",
        "problem": None,
    }


def test_without_a_user_the_system_closes_it(terminal, cention, closed_errands, rows):
    terminal.run("errands", "close", cention.new_errand())

    assert set(closed_errands()[0]["answer"].values()) == {""}
    assert rows("SELECT user_type, user_id FROM cention.sent_closing") == [
        {"user_type": None, "user_id": None}
    ]


def test_an_incomplete_user_is_refused_before_anything_is_sent(
    terminal, cention, closed_errands, rows
):
    result = terminal.run("errands", "close", cention.new_errand(), "--user-id", "3")

    assert (result.exit_code, closed_errands()) == (1, [])
    assert "/answer/user_type" in result.stderr
    assert rows("SELECT * FROM cention.sent_closing") == []


def test_an_errand_is_closed_once_unless_repeated_on_purpose(terminal, cention, closed_errands):
    errand_id = cention.new_errand()
    terminal.run("errands", "close", errand_id)

    second = terminal.run("errands", "close", errand_id)
    assert (second.exit_code, len(closed_errands())) == (1, 1)
    assert "--again" in second.stderr
    assert terminal.json("errands", "close", errand_id)["state"] == "done"

    terminal.run("errands", "close", errand_id, "--again")
    assert len(closed_errands()) == 2


def test_a_closing_that_was_refused_may_be_repeated_and_hides_no_earlier_one(
    terminal, cention, closed_errands
):
    errand_id = cention.new_errand()
    busy = {"busy": {"types": [END], "times": 1}}
    cention.control("faults", busy)

    refused = terminal.run("errands", "close", errand_id)
    done = terminal.run("errands", "close", errand_id)
    cention.control("faults", busy)
    refused_again = terminal.run("errands", "close", errand_id, "--again")
    known = terminal.run("errands", "close", errand_id)

    results = (refused, done, refused_again, known)
    assert [result.exit_code for result in results] == [1, 0, 1, 1]
    assert "--again" in known.stderr
    assert len(closed_errands()) == 1


def test_two_concurrent_closings_close_an_errand_once(database, rows):
    """The other has recorded its intent, but not committed it."""
    with (
        psycopg.connect(database, autocommit=True) as conn,
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(database) as other,
    ):
        sent_commands.lock_closing(other, "demo", 7)
        sent_commands.begin_closing(other, "demo", 7, user_type="", user_id="", sent_by=uuid4())
        sender = Sender(conn=conn, workspace="demo", run=uuid4(), client=mock.Mock())
        beside = pool.submit(sender.close, 7, ErrandAnswer(), again=False)
        eventually(lambda: rows("SELECT pid FROM pg_locks WHERE NOT granted"))
        other.commit()

        with pytest.raises(AlreadyClosed):
            beside.result(20)

    assert sender.client.mock_calls == []


def test_an_errand_that_cention_does_not_know_is_reported(terminal, rows):
    result = terminal.run("errands", "close", 5)

    assert (result.exit_code, "not found" in result.stderr) == (1, True)
    assert rows("SELECT state FROM cention.sent_closing") == [{"state": "refused"}]


@pytest.mark.parametrize("words", [(), ("--again",)])
def test_a_closing_of_unknown_outcome_is_not_repeated(terminal, cention, closed_errands, words):
    errand_id = cention.new_errand()
    cention.control("faults", {"dropped": {"types": [END], "times": 1}})
    terminal.run("errands", "close", errand_id)

    result = terminal.run("errands", "close", errand_id, *words)

    assert (result.exit_code, len(closed_errands())) == (1, 1)
    assert "cention errands unknown" in result.stderr


@pytest.mark.parametrize("errand_id", ["0", "-1", "x"])
def test_an_errand_is_named_by_a_number(terminal, errand_id):
    assert terminal.run("errands", "close", errand_id).exit_code == 2


def test_the_end_of_a_call_is_sent_to_cention(terminal, ended_calls, rows):
    result = terminal.run(*CALL_END, "--dialed-number", "01211112222")

    assert result.exit_code == 0
    assert ended_calls() == [
        {
            "integrationName": "aventa",
            "dialedNumber": "01211112222",
            "deviceId": 1000,
            "extensionId": 17,
        }
    ]
    [row] = rows("SELECT * FROM cention.sent_call_end")
    assert (row["state"], row["integration_name"]) == ("done", "aventa")
    assert (row["device_id"], row["extension_id"], row["dialed_number"]) == (
        1000,
        17,
        "01211112222",
    )


def test_each_call_has_its_own_end(terminal, ended_calls):
    terminal.run(*CALL_END)
    terminal.run(*CALL_END)

    assert len(ended_calls()) == 2


def test_another_integration_is_refused_by_the_name_of_its_field(terminal, ended_calls):
    result = terminal.run(*CALL_END, "--integration", "other")

    assert (result.exit_code, ended_calls()) == (1, [])
    assert "/integrationName" in result.stderr


def test_the_end_of_a_call_may_be_unknown(terminal, cention, rows):
    cention.control("faults", {"error_500": {"types": [CALL], "times": 1}})

    result = terminal.run(*CALL_END)

    assert result.exit_code == 1
    assert rows("SELECT state FROM cention.sent_call_end") == [{"state": "unknown"}]


@pytest.mark.parametrize("type_", ["c3_end_errands", "c3_end_obcall"])
def test_the_type_of_the_end_of_a_call_is_a_setting(terminal, monkeypatch, ended_calls, type_):
    monkeypatch.setenv("CENTION_END_OBCALL_TYPE", type_)

    assert (terminal.run(*CALL_END).exit_code, len(ended_calls())) == (0, 1)


def test_no_other_type_can_be_set(terminal, monkeypatch):
    monkeypatch.setenv("CENTION_END_OBCALL_TYPE", "c3_other")

    result = terminal.run(*CALL_END)

    assert (result.exit_code, "CENTION_END_OBCALL_TYPE" in result.stderr) == (1, True)


def test_results_may_be_json(terminal, cention):
    closed_errands = terminal.json("errands", "close", cention.new_errand())
    ended_calls = terminal.json(*CALL_END)

    assert (closed_errands["state"], ended_calls["state"]) == ("done", "done")
    assert closed_errands["sent_id"] != ended_calls["sent_id"]


def test_failures_may_be_json_as_well(terminal, cention):
    cention.control("faults", {"error_500": {"types": [CALL], "times": 1}})

    closed_errands = terminal.run("errands", "close", 5, "--json")
    ended_calls = terminal.run(*CALL_END, "--json")

    assert (closed_errands.exit_code, ended_calls.exit_code) == (1, 1)
    assert [json.loads(one.stdout)["state"] for one in (closed_errands, ended_calls)] == [
        "refused",
        "unknown",
    ]
    assert "not found" in json.loads(closed_errands.stdout)["error"]
