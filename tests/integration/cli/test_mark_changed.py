"""`cention mark-changed`, and `cention want` for ranges of thousands of ids."""

from __future__ import annotations

import pytest

from workers.config.names import Queue


def posts(cention):
    requests = cention.control("stats")["requests"]
    return {what: n for what, n in requests.items() if what.startswith("POST c3_dirty")}


@pytest.fixture
def clean_errands(cention, errands):
    """Create errands that are not on the list of changes, and return their ids."""

    def make(count):
        ids = errands(count)
        for errand in ids:
            cention.api(f"c3_errand_reports/{errand}")
        assert cention.dirty_errands() == []
        return ids

    return make


def test_errands_are_listed_as_changed_again(terminal, cention, clean_errands):
    first, second, _ = clean_errands(3)

    result = terminal.run("mark-changed", first, second)

    assert result.stdout == "2 errands marked as changed at Cention.\n"
    assert sorted(cention.dirty_errands()) == sorted([first, second])


def test_ranges_and_standard_input_are_accepted(terminal, cention, clean_errands):
    ids = clean_errands(4)

    terminal.run("mark-changed", f"{ids[0]}-{ids[1]}")
    terminal.run("mark-changed", "-", typed=f"{ids[2]}\n{ids[3]}\n")

    assert sorted(cention.dirty_errands()) == sorted(ids)


def test_many_are_sent_five_hundred_at_a_time(terminal, cention):
    result = terminal.run("mark-changed", "1-1201")

    assert result.stdout == "1,201 errands marked as changed at Cention.\n"
    assert posts(cention) == {"POST c3_dirty_errand_list 201": 3}


def test_a_request_is_repeated_while_cention_is_busy(terminal, cention):
    cention.control("faults", {"busy": {"times": 1, "seconds": 0}})

    assert terminal.run("mark-changed", "1-501").exit_code == 0
    assert posts(cention)["POST c3_dirty_errand_list 201"] == 2


@pytest.mark.parametrize(
    ("fault", "message"), [("unauthorised", "token refused"), ("error_500", "failed on the server")]
)
def test_a_failure_is_reported_with_the_number_already_marked(terminal, cention, fault, message):
    cention.control("faults", {fault: {}})

    result = terminal.run("mark-changed", "1-501")

    assert result.exit_code == 1
    assert "0 of 501 errands were marked. Error: cention: " in result.stderr
    assert message in result.stderr


def test_without_a_token_of_the_claim_it_says_which_to_set(terminal, environment):
    environment.delenv("CENTION_TOKEN")

    result = terminal.run("mark-changed", "5")

    assert result.exit_code == 1
    assert "CENTION_TOKEN_ERRAND_DATA" in result.stderr


@pytest.mark.parametrize("words", [["x"], ["9-5"], ["0"], []])
def test_a_text_that_is_not_an_id_is_wrong_usage(terminal, words):
    assert terminal.run("mark-changed", *words).exit_code == 2


def test_thousands_of_errands_are_wanted_by_a_range(terminal, bridge):
    result = terminal.run("want", "errand_reports", "1-5000")

    assert result.stdout == "5,000 records of errand_reports will be fetched now.\n"
    assert bridge.one("SELECT count(*) FROM intake.wanted WHERE due_at <= now()") == 5000
    assert bridge.one("SELECT max(remote_id) - min(remote_id) FROM intake.wanted") == 4999
    assert bridge.nudges(Queue.FETCH) == 1


def test_hundreds_of_thousands_are_wanted_at_once(terminal, bridge):
    assert terminal.run("want", "errand_reports", "1-200000").exit_code == 0
    assert bridge.one("SELECT count(*) FROM intake.wanted") == 200_000
