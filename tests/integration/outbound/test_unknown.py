"""``cention errands unknown``: requests of unknown outcome, and how an operator resolves them."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.integration.bridge import Bridge
from workers.clients.cention.errands import ErrandsApi
from workers.operations.jobs import housekeeping
from workers.operations.store.gauges import read_gauges

CREATE = ("errands", "create", "--from", "a@b.example", "--subject", "Hello")
NEW, END, CALL = "c3_new_errands", "c3_end_errands", "c3_end_obcall"


@pytest.fixture
def unknown_errand(terminal, cention):
    """Create an errand with an unknown outcome, and return its number."""

    def make(*words):
        cention.control("faults", {"error_500": {"types": [NEW], "times": 1}})
        terminal.run(*CREATE, *words)
        return terminal.json("errands", "unknown")[-1]["sent_id"]

    return make


def test_no_outcome_is_unknown_if_every_request_was_answered(terminal):
    terminal.run(*CREATE)

    result = terminal.run("errands", "unknown")

    assert (result.exit_code, result.stdout) == (0, "No request has an unknown outcome.\n")


def test_unknown_outcomes_are_listed_with_advice(terminal, unknown_errand):
    number = unknown_errand()

    result = terminal.run("errands", "unknown")

    [_, line, *advice] = result.stdout.splitlines()
    assert line.split()[:3] == ["demo", str(number), "create"]
    assert 'a@b.example "Hello"' in line
    assert "HTTP 500" in line
    assert any("unknown done NUMBER --errand ID" in one for one in advice)
    assert any("unknown missing NUMBER" in one for one in advice)


def test_a_similar_errand_is_shown_once_the_bridge_has_fetched_it(
    terminal, unknown_errand, cention, bridge: Bridge
):
    written_by_hand = {"msg": {"from": "a@b.example", "subject": "Something else"}}
    cention.api(NEW, "POST", json={"data": {"type": NEW, "attributes": written_by_hand}})
    cention.control("errands", {"count": 3})
    unknown_errand()

    bridge.poll()
    bridge.drain()

    [one] = terminal.json("errands", "unknown")
    [_, errand_id] = sorted(cention.control("truth/errands")["created"], key=int)
    assert one["looks_like"] == int(errand_id)


@pytest.mark.parametrize("later", ["-3 minutes", "2 hours"])
def test_an_errand_that_arrived_long_before_or_after_is_not_shown_as_similar(
    terminal, unknown_errand, bridge: Bridge, later
):
    unknown_errand()
    bridge.poll()
    bridge.drain()
    bridge.execute(f"UPDATE cention.errand SET arrived_at = arrived_at + interval '{later}'")

    [one] = terminal.json("errands", "unknown")

    assert one["looks_like"] is None


def test_of_similar_errands_the_one_that_arrived_first_is_shown(
    terminal, unknown_errand, bridge: Bridge
):
    unknown_errand()
    bridge.poll()
    bridge.drain()
    bridge.execute(
        "INSERT INTO cention.errand SELECT (jsonb_populate_record(e, jsonb_build_object("
        "'errand_id', 900001, 'arrived_at', e.arrived_at - interval '1 minute'))).*"
        " FROM cention.errand AS e"
    )

    [one] = terminal.json("errands", "unknown")

    assert one["looks_like"] == 900001


def test_an_errand_of_another_message_is_not_shown_as_similar(
    terminal, unknown_errand, cention, bridge: Bridge
):
    terminal.run(*CREATE, "--message-id", "another")
    cention.control("faults", {"busy": {"types": [NEW], "times": 1}})
    bridge.poll()
    bridge.drain()
    terminal.run(*CREATE)
    bridge.execute("UPDATE cention.sent_errand SET state = 'unknown' WHERE state = 'refused'")

    [one] = terminal.json("errands", "unknown")

    assert one["looks_like"] is None


def test_an_operator_who_found_the_errand_resolves_the_outcome(
    terminal, unknown_errand, rows, subjects
):
    number = unknown_errand()

    done = terminal.run("errands", "unknown", "done", number, "--errand", 511055, "--yes")
    again = terminal.run(*CREATE)

    assert (done.exit_code, again.exit_code) == (0, 0)
    assert f"number {number} was done as errand 511055" in done.stdout
    assert rows(
        "SELECT state, errand_id, settled_at > sent_at AS settled FROM cention.sent_errand"
    ) == [{"state": "created", "errand_id": 511055, "settled": True}]
    assert subjects() == ["Hello"]


def test_an_errand_of_another_request_is_not_accepted_as_the_outcome(
    terminal, unknown_errand, rows, states
):
    terminal.run(*CREATE, "--message-id", "another")
    [one] = rows("SELECT sent_id, errand_id FROM cention.sent_errand")
    number = unknown_errand()

    done = terminal.run("errands", "unknown", "done", number, "--errand", one["errand_id"], "--yes")

    assert (done.exit_code, states()) == (1, ["created", "unknown"])
    assert f"already belongs to request {one['sent_id']}" in done.stderr


def test_an_operator_who_did_not_find_the_errand_allows_it_to_be_sent_again(
    terminal, unknown_errand, states, subjects
):
    number = unknown_errand()

    missing = terminal.run("errands", "unknown", "missing", number, "--yes")
    assert (missing.exit_code, states()) == (0, ["refused"])
    assert "cention errands create" in missing.stdout

    terminal.run(*CREATE)
    assert (states(), subjects()) == (["created"], ["Hello", "Hello"])


@pytest.mark.parametrize("words", [("done", "--errand", "5"), ("missing",)])
def test_no_outcome_is_resolved_without_confirmation(terminal, unknown_errand, states, words):
    number = unknown_errand()

    result = terminal.run("errands", "unknown", *words, number)

    assert (result.exit_code, states()) == (2, ["unknown"])
    assert 'a@b.example "Hello"' in result.stderr


@pytest.mark.parametrize("word", ["done", "missing"])
def test_only_unknown_outcomes_can_be_resolved(terminal, states, word):
    terminal.run(*CREATE)

    result = terminal.run("errands", "unknown", word, 1, "--yes")

    assert (result.exit_code, states()) == (1, ["created"])
    assert "No request with unknown outcome has number 1" in result.stderr


def test_closings_and_ends_of_calls_are_listed_and_resolved_as_well(terminal, cention, rows):
    errand_id = cention.new_errand()
    cention.control("faults", {"error_500": {"types": [END, CALL]}})
    terminal.run("errands", "close", errand_id)
    terminal.run("calls", "end", "--device", 1000, "--extension", 17, "--dialed-number", "0121")

    closing, call = terminal.json("errands", "unknown")
    assert (closing["kind"], closing["about"]) == ("close", f"errand {errand_id}")
    assert (call["kind"], call["about"]) == ("end call", "device 1000 extension 17 0121")

    terminal.run("errands", "unknown", "done", closing["sent_id"], "--yes")
    terminal.run("errands", "unknown", "missing", call["sent_id"], "--yes")
    assert terminal.json("errands", "unknown") == []
    assert [row["state"] for row in rows("SELECT state FROM cention.sent_closing")] == ["done"]
    assert [row["state"] for row in rows("SELECT state FROM cention.sent_call_end")] == ["refused"]


def test_a_closing_shows_whether_its_errand_is_closed_now(terminal, cention, bridge: Bridge):
    errand_id = cention.new_errand()
    cention.control("faults", {"error_500": {"types": [END], "times": 1}})
    terminal.run("errands", "close", errand_id)

    bridge.poll()
    bridge.drain()

    [closing] = terminal.json("errands", "unknown")
    assert closing["about"] == f"errand {errand_id}, which is closed"


def test_only_a_created_errand_has_a_number_at_cention(terminal, cention):
    cention.control("faults", {"error_500": {"types": [CALL], "times": 1}})
    terminal.run("calls", "end", "--device", 1, "--extension", 2)
    [call] = terminal.json("errands", "unknown")

    result = terminal.run("errands", "unknown", "done", call["sent_id"], "--errand", 5, "--yes")

    assert result.exit_code == 2


def test_status_mentions_unknown_outcomes_without_alarm(terminal, unknown_errand):
    unknown_errand()

    status = terminal.run("status")

    assert "The outcome of 1 request to Cention is unknown." in status.stdout
    assert "cention errands unknown" in status.stdout
    [notice] = [one for one in terminal.json("status")["notices"] if "request" in one["sentence"]]
    assert notice["alarm"] is False


def test_unknown_outcomes_are_among_the_metrics(terminal, bridge: Bridge, unknown_errand):
    def figure():
        with bridge.context.transaction() as conn:
            [gauge] = [one for one in read_gauges(conn) if one.name == "cention_sent_unknown"]
        return gauge.labels, gauge.value

    terminal.run("migrate")
    assert figure() == ({"workspace": "demo"}, 0)
    unknown_errand()
    assert figure() == ({"workspace": "demo"}, 1)


def test_requests_of_a_killed_command_are_marked_unknown_by_housekeeping(
    terminal, bridge: Bridge, states
):
    terminal.run(*CREATE)
    bridge.execute("UPDATE cention.sent_errand SET state = 'sending'")

    housekeeping.clean_up(bridge.context.session)

    assert states() == ["unknown"]


def test_requests_of_a_running_command_are_not_marked_unknown(
    terminal, bridge: Bridge, states, monkeypatch
):
    place, meanwhile = ErrandsApi.create_order, []

    def place_and_look(api, order):
        housekeeping.clean_up(bridge.context.session)
        meanwhile.extend(states())
        return place(api, order)

    monkeypatch.setattr(ErrandsApi, "create_order", place_and_look)

    terminal.run(*CREATE)

    assert (meanwhile, states()) == (["sending"], ["created"])


def test_an_outcome_that_cannot_be_recorded_is_reported_and_becomes_unknown(
    terminal, monkeypatch, database, states, subjects
):
    """The database connection breaks while Cention creates the errand."""
    place = ErrandsApi.create_order

    def place_and_break(api, order):
        created = place(api, order)
        with psycopg.connect(database) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return created

    monkeypatch.setattr(ErrandsApi, "create_order", place_and_break)

    broken = terminal.run(*CREATE)

    assert broken.exit_code == 1
    assert re.search(r"Cention has answered: number 1 was created as errand \d+\.", broken.stderr)
    assert states() == ["sending"]

    again = terminal.run(*CREATE)

    assert "It is not known whether Cention created it" in again.stderr
    assert (states(), subjects()) == (["unknown"], ["Hello"])
