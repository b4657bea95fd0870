"""``cention errands import --again``: an errand that was read wrongly is sent once more."""

from __future__ import annotations

import pytest

NEW = "c3_new_errands"
WRONG = "From x\nMessage-ID: <1@x>\nFrom: Berg\nFrom: berg@c.example\nSubject: wrong\n\nhello\n"
RIGHT = WRONG.replace("wrong", "right")


@pytest.fixture
def box(tmp_path):
    """A mailbox that was imported, and is read differently now."""
    path = tmp_path / "box.mbox"
    path.write_text(WRONG)
    return path


@pytest.fixture
def request_id(terminal, box, rows):
    """The number of the request that created its errand."""
    terminal.run("errands", "import", box)
    [row] = rows("SELECT sent_id FROM cention.sent_errand")
    box.write_text(RIGHT)
    return row["sent_id"]


def test_an_errand_that_is_read_differently_is_sent_again_as_a_new_one(
    terminal, box, request_id, subjects, rows
):
    result = terminal.run("errands", "import", box, "--again", request_id)

    assert (result.exit_code, result.stdout) == (0, "1 errand created.\n")
    assert subjects() == ["right", "wrong"]
    sent = rows("SELECT message_id, state FROM cention.sent_errand ORDER BY sent_id")
    assert sent == [
        {"message_id": "1@x", "state": "created"},
        {"message_id": f"again-{request_id}-1@x", "state": "created"},
    ]


def test_it_is_sent_again_once_however_often_it_is_asked_for(terminal, box, request_id, subjects):
    terminal.run("errands", "import", box, "--again", request_id)

    again = terminal.run("errands", "import", box, "--again", request_id)
    plain = terminal.run("errands", "import", box)

    assert (again.exit_code, again.stdout) == (0, "1 errand created before.\n")
    assert (plain.exit_code, plain.stdout) == (0, "1 errand created before.\n")
    assert subjects() == ["right", "wrong"]


def test_without_it_the_report_names_the_request_and_what_sends_it_again(
    terminal, box, request_id, subjects
):
    result = terminal.run("errands", "import", box)

    assert (result.exit_code, subjects()) == (1, ["wrong"])
    assert f"as request {request_id}, but different content; not sent" in result.stderr
    assert "--again" in result.stderr


def test_what_reads_as_before_is_not_sent_again(terminal, box, request_id, subjects):
    box.write_text(WRONG)

    result = terminal.run("errands", "import", box, "--again", request_id)

    assert (result.exit_code, result.stdout) == (1, "1 errand created before.\n")
    assert f"Nothing in the files differs from what was created by request {request_id}." in (
        result.stderr
    )
    assert subjects() == ["wrong"]


def test_a_correction_may_be_corrected(terminal, box, request_id, subjects, rows):
    terminal.run("errands", "import", box, "--again", request_id)
    box.write_text(WRONG.replace("wrong", "better"))
    correction = rows("SELECT max(sent_id) AS sent_id FROM cention.sent_errand")[0]["sent_id"]

    refused = terminal.run("errands", "import", box, "--again", request_id)
    result = terminal.run("errands", "import", box, "--again", request_id, "--again", correction)

    assert f"as request {correction}, but different content" in refused.stderr
    assert result.exit_code == 0
    assert subjects() == ["better", "right", "wrong"]


def test_a_dry_run_counts_what_would_be_sent_again(terminal, box, request_id, subjects):
    result = terminal.run("errands", "import", box, "--again", request_id, "--dry-run")

    assert (result.exit_code, result.stdout) == (0, "1 errand to be created.\n")
    assert subjects() == ["wrong"]


def test_a_request_of_unknown_outcome_is_not_sent_again(
    terminal, box, cention, states, subjects, rows
):
    cention.control("faults", {"error_500": {"types": [NEW], "times": 1}})
    terminal.run("errands", "import", box)
    [row] = rows("SELECT sent_id FROM cention.sent_errand")
    box.write_text(RIGHT)

    result = terminal.run("errands", "import", box, "--again", row["sent_id"])

    assert (result.exit_code, states(), subjects()) == (1, ["unknown"], ["wrong"])


@pytest.mark.parametrize("word", ["x", "0", "-1"])
def test_a_word_that_is_no_number_is_wrong_usage(terminal, box, word):
    assert terminal.run("errands", "import", box, "--again", word).exit_code == 2


def test_headers_that_earlier_releases_did_not_send_make_no_other_content(
    terminal, box, request_id, subjects
):
    box.write_text(WRONG.replace("Subject", "Reply-To: k@c.example\nReferences: <0@x>\nSubject"))

    result = terminal.run("errands", "import", box)

    assert (result.exit_code, result.stdout) == (0, "1 errand created before.\n")
    assert subjects() == ["wrong"]
