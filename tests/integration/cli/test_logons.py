"""`cention logons`: listing, fetching, and mapping login names to agents."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from workers.mirrors.jobs.agent_logons import fetch_window

APRIL = int(datetime(2024, 4, 1, 12, 0, tzinfo=UTC).timestamp())
DAY = 86_400


@pytest.fixture
def add_logon(cention):
    def write(**event):
        cention.control("logons", event)

    return write


@pytest.fixture
def stored_logons(terminal, add_logon, bridge):
    """Three log-ons of April 2024, fetched."""
    add_logon(name="joe", timestamp=APRIL)
    add_logon(name="joe", timestamp=APRIL + 3600, action="Logout")
    add_logon(name="Doe, Jane", timestamp=APRIL + DAY)
    terminal.run("logons", "pull", "--from", "2024-04-01", "--to", "2024-04-05")
    return bridge


def listed(terminal, *words):
    found = terminal.json("logons", *words)
    return [(one["login_name"], one["action"]) for one in found]


def test_log_ons_are_listed_the_newest_first(terminal, stored_logons):
    assert listed(terminal) == [("Doe, Jane", "Login"), ("joe", "Logout"), ("joe", "Login")]

    shown = terminal.run("logons").stdout.splitlines()
    assert shown[0].split() == ["workspace", "when", "login", "name", "action", "agent"]
    assert shown[1].split() == ["demo", "2024-04-02", "12:00:00Z", "Doe,", "Jane", "Login", "-"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--name", "Doe, Jane"], ["Doe, Jane"]),
        (["--from", "2024/04/02"], ["Doe, Jane"]),
        (["--from", "2024-04-02"], ["Doe, Jane"]),
        (["--to", "2024/04/01"], ["joe", "joe"]),
        (["--to", "2024-04-01T14:30"], ["joe"]),
        (["--from", "2024-04-01T14:00", "--to", "2024-04-01T15:00"], ["joe"]),
        (["--from", "2024-04-01T12:00:00+00:00", "--to", "2024-04-01T13:00:00+00:00"], ["joe"]),
        (["--limit", "1"], ["Doe, Jane"]),
        (["--from", "2025-01-01"], []),
    ],
)
def test_a_list_can_be_limited_to_a_period_in_the_workspaces_time_zone_or_to_a_name(
    terminal, stored_logons, words, names
):
    """12:00 UTC is 14:00 in Stockholm."""
    assert [name for name, _ in listed(terminal, *words)] == names


def test_empty_lists_say_so(terminal):
    assert terminal.run("logons").stdout == "No log-on is stored.\n"
    assert terminal.json("logons") == []


@pytest.mark.parametrize("text", ["01/04/2024", "yesterday", "2024-13-01", "1712000000", ""])
def test_a_time_that_cannot_be_parsed_is_wrong_usage(terminal, text):
    result = terminal.run("logons", "pull", "--from", text)

    assert result.exit_code == 2
    assert "Write 2024/01/31" in result.stderr


@pytest.mark.parametrize(
    "words", [["--from", "2024-04-02", "--to", "2024-04-01"], ["--from", "2999-01-01"]]
)
def test_a_time_that_ends_before_it_begins_is_wrong_usage(terminal, words):
    assert terminal.run("logons", "pull", *words).exit_code == 2


def test_a_history_is_fetched_by_weeks_and_can_be_repeated(terminal, cention, add_logon):
    for week in range(5):
        add_logon(timestamp=APRIL + week * 7 * DAY)

    first = terminal.run("logons", "pull", "--from", "2024-04-01", "--to", "2024-06-01")
    again = terminal.run("logons", "pull", "--from", "2024-04-01", "--to", "2024-06-01")

    assert (first.stdout, again.stdout) == ("5 new log-ons.\n", "0 new log-ons.\n")
    assert cention.control("stats")["requests"]["GET logio 200"] == 18


def test_until_now_is_the_default(terminal, add_logon):
    add_logon(timestamp=int(time.time()) - 60)

    result = terminal.run("logons", "pull", "--from", datetime.now(UTC).date().isoformat())

    assert result.stdout in ("1 new log-on.\n", "0 new log-ons.\n")  # just after midnight


def test_one_login_name_can_be_fetched(terminal, add_logon):
    add_logon(name="joe", timestamp=APRIL)
    add_logon(name="eve", timestamp=APRIL)

    terminal.run(*("logons", "pull", "--from", "2024-04-01", "--to", "2024-04-02", "--name", "eve"))

    assert listed(terminal) == [("eve", "Login")]


def test_a_history_continues_after_cention_was_busy(terminal, cention, add_logon):
    add_logon(name="joe", timestamp=APRIL)
    cention.control("faults", {"busy": {"types": ["logio"], "times": 2, "seconds": 0}})

    result = terminal.run("logons", "pull", "--from", "2024-04-01", "--to", "2024-04-05")

    assert (result.exit_code, result.stdout) == (0, "1 new log-on.\n")


def test_after_a_failure_it_says_how_to_continue(terminal, cention, add_logon, bridge):
    add_logon(timestamp=APRIL)
    add_logon(timestamp=APRIL + 10 * DAY)
    cention.control("faults", {"busy": {"types": ["logio"], "probability": 1}})
    range_ = ("--from", "2024-04-01", "--to", "2024-05-01")

    failed = terminal.run("logons", "pull", *range_)

    assert failed.exit_code == 1
    assert "overloaded or unavailable" in failed.stderr
    assert "0 new log-ons were stored before that." in failed.stderr
    assert "To continue: --from 2024-03-31T22:00:00+00:00" in failed.stderr
    cention.control("faults", {"busy": None})
    assert terminal.run("logons", "pull", *range_).stdout == "2 new log-ons.\n"


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "No token for this is set for demo. Set CENTION_TOKEN_LOGIO"),
        ("two words", "The token of demo is malformed"),
        ("another", "token refused"),
    ],
)
def test_the_reason_why_nothing_can_be_fetched_is_reported(terminal, environment, token, message):
    environment.setenv("CENTION_TOKEN", token)

    result = terminal.run("logons", "pull", "--from", "2024-04-01", "--to", "2024-04-02")

    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_an_operator_maps_a_login_name_to_an_agent(terminal, stored_logons):
    stored_logons.rows("INSERT INTO cention.agent VALUES ('demo', 31, 'Joe Doe', now())")

    assert (
        terminal.run("logons", "map", "joe", 31).stdout
        == "Login name joe is mapped to agent 31, Joe Doe.\n"
    )

    [jane, joe] = terminal.json("logons", "names")
    assert (joe["login_name"], joe["agent_id"], joe["agent_name"]) == ("joe", 31, "Joe Doe")
    assert (joe["logons"], jane["logons"], jane["agent_id"]) == (2, 1, None)
    assert "Joe Doe" in terminal.run("logons", "--name", "joe").stdout


def test_an_agent_that_no_report_has_mentioned_is_mapped_with_a_warning(terminal, stored_logons):
    result = terminal.run("logons", "map", "joe", 31)

    assert (result.exit_code, result.stdout) == (0, "Login name joe is mapped to agent 31.\n")
    assert "No report has mentioned an agent 31 yet." in result.stderr


def test_a_mapping_can_be_changed_and_removed(terminal, stored_logons):
    terminal.run("logons", "map", "joe", 31)
    terminal.run("logons", "map", "joe", 32)
    assert [o["agent_id"] for o in terminal.json("logons", "names")] == [None, 32]

    assert terminal.run("logons", "unmap", "joe").exit_code == 0
    assert [o["agent_id"] for o in terminal.json("logons", "names")] == [None, None]
    assert terminal.run("logons", "unmap", "joe").exit_code == 1


def test_all_log_ons_of_a_name_can_be_removed(terminal, stored_logons):
    terminal.run("logons", "map", "joe", 31)
    terminal.run("logons", "map", "Doe, Jane", 32)

    assert terminal.run("logons", "forget", "joe").stdout == "2 log-ons deleted.\n"

    assert [(one["login_name"], one["agent_id"]) for one in terminal.json("logons", "names")] == [
        ("Doe, Jane", 32)
    ]


def test_unreadable_rows_are_shown_as_received_and_deleted_once_they_were_shown(terminal, bridge):
    class Odd:
        def fetch(self, since, until, *, login_name=None):
            return [["1", "Doe", " Jane", "5", "Login"]]

    now = datetime.now(UTC)
    fetch_window(bridge.context.session, "demo", Odd(), now, now)

    [shown] = terminal.json("logons", "odd")
    assert (shown["row"], shown["problem"]) == (
        ["Doe", " Jane", "5", "Login"],
        "has 5 columns and not 4",
    )

    assert "1 row deleted." in terminal.run("logons", "odd", "--forget").stdout
    assert terminal.run("logons", "odd").stdout == "Every row could be read.\n"


def test_control_characters_in_a_name_are_escaped(terminal, stored_logons, add_logon):
    add_logon(name="a\x1b[31mb", timestamp=APRIL + 5 * DAY)
    terminal.run("logons", "pull", "--from", "2024-04-05", "--to", "2024-04-08")

    assert r"a\x1b[31mb" in terminal.run("logons").stdout


def test_a_workspace_that_is_not_configured_is_wrong_usage(terminal):
    for words in (["logons"], ["logons", "names"], ["logons", "odd"]):
        assert terminal.run(*words, "--workspace", "other").exit_code == 2
