"""Log-ins and log-outs of agents: rows of JSON or CSV become events with a key."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from schemas.cention.agent_logons import AgentLogon, AgentLogons, OddRow, read_agent_logons
from tests.conftest import DOCUMENTS

AT_S = 1_554_108_462
AT = datetime(2019, 4, 1, 8, 47, 42, tzinfo=UTC)


def sample_of_json():
    return json.loads((DOCUMENTS / "logio.json").read_text("utf-8"))


def sample_of_csv():
    with (DOCUMENTS / "logio.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def row(**changes):
    return {"id": 1, "name": "joe", "timestamp": AT_S, "action": "Login"} | changes


def keys(found):
    return [(o.login_name, o.happened_at, o.action, o.occurrence) for o in found.logons]


@pytest.mark.parametrize("sample", [sample_of_json, sample_of_csv])
def test_the_documented_sample_is_read_from_json_and_from_csv_alike(sample):
    found = read_agent_logons(sample())

    assert found.odd_rows == ()
    assert found.logons[0] == AgentLogon(
        login_name="sysadmin", happened_at=AT, action="Logout", occurrence=1
    )
    assert [(one.login_name, one.action) for one in found.logons] == [
        ("sysadmin", "Logout"),
        ("tester1", "Logout"),
        ("sysadmin", "Login"),
        ("sysadmin", "Logout"),
        ("tester1", "Login"),
    ]


def test_an_empty_answer_has_no_events():
    assert read_agent_logons([]) == AgentLogons(logons=(), odd_rows=())


def test_the_running_number_is_not_part_of_an_event():
    first, again = read_agent_logons([row(id=1)]), read_agent_logons([row(id=977)])

    assert first == again


def test_events_are_sorted_by_time():
    found = read_agent_logons([row(timestamp=AT_S + 9), row(timestamp=AT_S), row(name="eve")])

    assert [(one.login_name, one.happened_at) for one in found.logons] == [
        ("eve", AT),
        ("joe", AT),
        ("joe", AT + timedelta(seconds=9)),
    ]


def test_equal_events_of_one_second_are_numbered():
    found = read_agent_logons([row(id=1), row(id=2), row(id=3, action="Logout"), row(id=4)])

    assert keys(found) == [
        ("joe", AT, "Login", 1),
        ("joe", AT, "Login", 2),
        ("joe", AT, "Login", 3),
        ("joe", AT, "Logout", 1),
    ]


def test_answers_that_overlap_or_end_within_a_second_add_up_to_one_long_answer():
    """An answer within a second has only its first events; the next answer has all."""
    events = [row(timestamp=AT_S + second) for second in (0, 1, 1, 1, 2)]
    whole = set(keys(read_agent_logons(events)))

    unfinished = keys(read_agent_logons(events[:2]))
    overlapping = keys(read_agent_logons(events[1:]))
    disjoint = keys(read_agent_logons(events[4:]))

    assert set(chain(unfinished, overlapping, disjoint)) == whole


def test_names_that_become_equal_in_the_database_are_counted_as_equal():
    found = read_agent_logons([row(name="j\0"), row(name="j\ud800")])

    assert keys(found) == [("j\ufffd", AT, "Login", 1), ("j\ufffd", AT, "Login", 2)]


@pytest.mark.parametrize("action", ["Login", "Logout", "Timeout", "login", "Loggade in"])
def test_an_action_is_read_unchanged(action):
    [one] = read_agent_logons([row(action=action)]).logons

    assert one.action == action


@pytest.mark.parametrize("name", ["Doe, Jane", 'the "boss"', "jane@example.test", "4711", "a b"])
def test_a_login_name_may_have_any_characters(name):
    [one] = read_agent_logons([row(name=name)]).logons

    assert one.login_name == name


@pytest.mark.parametrize("timestamp", [AT_S, str(AT_S), float(AT_S)])
def test_a_time_is_seconds_since_1970_as_a_number_or_in_digits(timestamp):
    [one] = read_agent_logons([row(timestamp=timestamp)]).logons

    assert one.happened_at == AT


@pytest.mark.parametrize(
    ("odd", "problem"),
    [
        (row(name=None), "name is missing"),
        (row(name=""), "name is missing"),
        (row(name=["joe"]), "name must be a text"),
        (row(timestamp=None), "timestamp is missing"),
        (row(timestamp=0), "timestamp is missing"),
        (row(timestamp="yesterday"), "timestamp must be a whole number"),
        (row(timestamp=AT_S * 1000), "timestamp is a time outside the years 1 to 9999"),
        (row(timestamp=10**30), "timestamp is too large a number"),
        (row(action=""), "action is missing"),
        (row(name="j" * 301), "name has more than 300 characters"),
        (row(action="L" * 301), "action has more than 300 characters"),
        ({}, "timestamp is missing"),
        ("joe", "must be an object"),
        (None, "must be an object"),
        (["1", "Doe", " Jane", str(AT_S), "Login"], "has 5 columns and not 4"),
        (["1", "joe", str(AT_S)], "has 3 columns and not 4"),
        ([], "has 0 columns and not 4"),
    ],
)
def test_a_row_that_is_not_a_log_on_is_rejected_with_its_problem_and_affects_no_other(odd, problem):
    found = read_agent_logons([row(), odd, row(name="eve")])

    assert [one.login_name for one in found.logons] == ["eve", "joe"]
    assert [one.problem for one in found.odd_rows] == [problem]


@pytest.mark.parametrize(
    ("received", "returned"),
    [
        (["7", "Doe", "Jane\0", "1", "Login"], ["Doe", "Jane\ufffd", "1", "Login"]),
        ({"id": 7, "name": None, "zone": "x"}, {"name": None, "zone": "x"}),
    ],
)
def test_an_odd_row_is_returned_unchanged_but_for_its_running_number(received, returned):
    [one] = read_agent_logons([received]).odd_rows

    assert isinstance(one, OddRow)
    assert one.row == returned
