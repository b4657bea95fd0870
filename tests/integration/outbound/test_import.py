"""``cention errands import``: a file becomes errands, each once, however often it is imported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager

import pytest
import responses

from tests.support.eventually import eventually
from tests.unit.schemas.test_mails import rich_mail
from workers.clients import errors
from workers.clients.cention.errands import ErrandsApi

NEW = "c3_new_errands"
GOOD = [f"errand {number}" for number in range(6)]


@pytest.fixture
def errand_list(tmp_path):
    """A list of six errands."""
    path = tmp_path / "list.jsonl"
    lines = [json.dumps({"msg": {"from": "a@b.example", "subject": name}}) for name in GOOD]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def running_import(terminal, states):
    """Run an import in its own process until it has sent so many records."""

    @contextmanager
    def run(*words, sent):
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.cli", "errands", "import", *map(str, words)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            eventually(sent)
            yield process
        finally:
            process.kill()
            process.communicate(timeout=20)

    return run


def test_a_list_becomes_errands_in_its_order(terminal, errand_list, cention, subjects, rows):
    result = terminal.run("errands", "import", errand_list)

    assert (result.exit_code, result.stdout) == (0, "6 errands created.\n")
    assert subjects() == GOOD
    assert [
        row["subject"] for row in rows("SELECT * FROM cention.sent_errand ORDER BY sent_id")
    ] == (GOOD)
    [origin] = rows("SELECT origin FROM cention.sent_errand WHERE subject = 'errand 2'")
    assert origin == {"origin": "list.jsonl, line 3"}


def test_importing_twice_creates_nothing_twice(terminal, errand_list, subjects):
    terminal.run("errands", "import", errand_list)

    again = terminal.run("errands", "import", errand_list)

    assert (again.exit_code, again.stdout) == (0, "6 errands created before.\n")
    assert subjects() == GOOD


def test_a_longer_list_creates_only_its_new_errands(terminal, errand_list, subjects):
    terminal.run("errands", "import", errand_list)
    errand_list.write_text(errand_list.read_text() + '\n{"msg": {"subject": "more"}}\n')

    result = terminal.run("errands", "import", errand_list)

    assert result.stdout == "1 errand created.\n6 errands created before.\n"
    assert subjects() == [*GOOD, "more"]


def test_a_dry_run_reads_everything_and_sends_nothing(terminal, errand_list, subjects, states):
    errand_list.write_text(errand_list.read_text() + "\nbroken\n")

    result = terminal.run("errands", "import", "--dry-run", errand_list)

    assert result.stdout == "6 errands to be created.\n1 errand not readable.\n"
    assert "list.jsonl, line 7: is not JSON" in result.stderr
    assert (result.exit_code, subjects(), states()) == (1, [], [])


def test_a_dry_run_reports_errands_created_before(terminal, errand_list):
    terminal.run("errands", "import", errand_list)

    result = terminal.run("errands", "import", "--dry-run", errand_list)

    assert (result.exit_code, result.stdout) == (0, "6 errands created before.\n")


def test_a_dry_run_counts_repeated_records_as_the_import_would(terminal, errand_list, tmp_path):
    other = {"msg": {"from": "a@b.example", "subject": "x", "message_id": "one"}}
    (tmp_path / "more.jsonl").write_text(
        errand_list.read_text().splitlines()[0]
        + "".join("\n" + json.dumps({"msg": other["msg"] | {"body": body}}) for body in "ab")
    )

    dry = terminal.run("errands", "import", "--dry-run", errand_list, "more.jsonl")
    wet = terminal.run("errands", "import", errand_list, "more.jsonl")

    assert dry.stdout == (
        "7 errands to be created.\n1 errand repeated in the files.\n"
        "1 errand with the message id of another errand.\n"
    )
    assert "more.jsonl, line 3: has the same message id as another" in dry.stderr
    assert wet.stdout == (
        "7 errands created.\n1 errand created before.\n"
        "1 errand with the message id of another errand.\n"
    )


def test_a_bad_record_is_reported_with_its_place_and_does_not_stop_the_others(
    terminal, errand_list, subjects
):
    lines = errand_list.read_text().splitlines()
    errand_list.write_text("\n".join([*lines[:3], '{"msg": {"htmlBody": ""}}', *lines[3:]]))

    result = terminal.run("errands", "import", errand_list)

    assert result.exit_code == 1
    assert "list.jsonl, line 4: /msg/htmlBody: must be spelled html_body" in result.stderr
    assert subjects() == GOOD


def test_a_record_with_a_file_beyond_the_limit_is_reported_and_does_not_stop_the_others(
    terminal, errand_list, environment, tmp_path, subjects
):
    environment.setenv("ATTACHMENT_MAX_BYTES", "1000")
    (tmp_path / "big.pdf").write_bytes(bytes(1001))
    lines = errand_list.read_text().splitlines()
    too_large = '{"msg": {"subject": "big", "attachments": [{"file": "big.pdf"}]}}'
    errand_list.write_text("\n".join([*lines[:3], too_large, *lines[3:]]))

    result = terminal.run("errands", "import", errand_list)

    place = "list.jsonl, line 4: /msg/attachments/0/content: is larger than 1000 bytes"
    assert (result.exit_code, place in result.stderr) == (1, True)
    assert subjects() == GOOD


def test_a_refused_record_is_reported_and_does_not_stop_the_others(
    terminal, errand_list, cention, subjects
):
    cention.control("faults", {"not_found": {"types": [NEW], "times": 1}})

    result = terminal.run("errands", "import", errand_list)

    assert result.exit_code == 1
    assert "1 errand refused by Cention." in result.stdout
    assert "list.jsonl, line 1: " in result.stderr
    assert subjects() == GOOD[1:]

    terminal.run("errands", "import", errand_list)
    assert subjects() == GOOD


def test_several_files_of_any_kind_are_imported(terminal, errand_list, tmp_path, subjects):
    (tmp_path / "rows.csv").write_text("from,subject\na@b,of a row\n")
    (tmp_path / "mail.eml").write_bytes(b"From: a@b\nSubject: of a mail\n\nhello\n")

    result = terminal.run("errands", "import", errand_list, "rows.csv", "mail.eml")

    assert (result.exit_code, result.stdout) == (0, "8 errands created.\n")
    assert {"of a row", "of a mail"} < set(subjects())


def test_an_unreadable_file_is_reported_and_does_not_stop_the_others(
    terminal, errand_list, tmp_path, subjects
):
    (tmp_path / "rows.csv").write_text("subject,colour\n")
    (tmp_path / "sheet.xlsx").write_text("PK")

    result = terminal.run("errands", "import", "rows.csv", "sheet.xlsx", errand_list)

    assert result.exit_code == 1
    assert "rows.csv: has unknown columns: colour" in result.stderr
    assert "sheet.xlsx: does not end in one of" in result.stderr
    assert subjects() == GOOD


def test_a_file_whose_name_is_not_utf_8_is_imported(terminal, tmp_path, rows):
    (tmp_path / "m\udce5.eml").write_bytes(b"From: a@b\nSubject: of a mail\n\nhello\n")

    result = terminal.run("errands", "import", "m\udce5.eml")

    assert (result.exit_code, result.stdout) == (0, "1 errand created.\n")
    assert rows("SELECT origin FROM cention.sent_errand") == [{"origin": "m\ufffd.eml, message 1"}]


def test_an_empty_file_has_no_errand(terminal, tmp_path):
    (tmp_path / "empty.mbox").write_bytes(b"")

    result = terminal.run("errands", "import", "empty.mbox")

    assert (result.exit_code, result.stdout) == (0, "The files contain no errand.\n")


def test_a_mailbox_becomes_errands_with_files_and_images(terminal, cention, tmp_path):
    odd = "From: b@c.example\nSubject: blå\nContent-Type: text/plain; charset=x-odd\n\nblå\n"
    (tmp_path / "box.mbox").write_bytes(
        b"From x\n" + rich_mail() + b"\nFrom y\n" + odd.encode("latin-1")
    )

    result = terminal.run("errands", "import", "box.mbox")

    assert result.stdout == "2 errands created.\n"
    rich, plain = cention.control("truth/errands")["created"].values()
    assert rich["msg"]["message_id"] == "abc.1@customer.example"
    assert rich["msg"]["name"] == "Lindqvist, Åsa"
    assert 'src="cid:logo@x"' in rich["msg"]["html_body"]
    image, file = rich["msg"]["attachments"]
    assert (image["content_type"], image["content_id"]) == ("image/png", "logo@x")
    assert (file["name"], file["size_bytes"]) == ("räkning.pdf", 4)
    assert rich["extradata"]["date"] == "Sun, 22 Jan 2017 22:49:14 +0800"
    assert (plain["msg"]["subject"], plain["msg"]["body"]) == ("blå", "blå\n")


def test_two_mails_of_one_message_id_are_one_errand(terminal, tmp_path, subjects):
    mail = b"From x\nMessage-ID: <1@x>\nFrom: a@b\nSubject: same\n\nhello\n\n"
    (tmp_path / "box.mbox").write_bytes(mail * 2)

    result = terminal.run("errands", "import", "box.mbox")

    assert (result.exit_code, subjects()) == (0, ["same"])


def test_a_known_message_id_with_other_content_is_reported_and_not_sent(
    terminal, tmp_path, subjects
):
    """Broken mail programs give many mails one id; none of them is lost silently."""
    mail = b"From x\nMessage-ID: <1@x>\nFrom: a@b\nSubject: %s\n\nhello\n\n"
    (tmp_path / "box.mbox").write_bytes(mail % b"one" + mail % b"other")

    result = terminal.run("errands", "import", "box.mbox")

    assert (result.exit_code, subjects()) == (1, ["one"])
    assert "box.mbox, message 2 (line 8): has the same message id as request" in result.stderr


def test_while_cention_is_busy_the_import_waits(terminal, errand_list, cention, subjects):
    cention.control("faults", {"busy": {"types": [NEW], "times": 2, "seconds": 0}})

    result = terminal.run("errands", "import", errand_list)

    assert (result.exit_code, subjects()) == (0, GOOD)
    assert "Cention asks to wait: continuing in 5 s." in result.stderr


@responses.activate
def test_a_gateway_error_leaves_the_outcome_unknown_and_is_not_retried(
    terminal, errand_list, cention, states
):
    request = responses.post(f"{cention.root}/s/demo/capi/json/{NEW}", status=503)

    result = terminal.run("errands", "import", errand_list)

    assert (result.exit_code, states(), request.call_count) == (1, ["unknown"] * 3, 3)
    assert "Stopped: 3 in a row failed" in result.stderr


def test_an_error_that_affects_every_record_stops_the_import_which_continues_later(
    terminal, monkeypatch, errand_list, states, subjects
):
    monkeypatch.setenv("CENTION_TOKEN_CREATE_ERRAND", "wrong")
    stopped = terminal.run("errands", "import", errand_list)
    assert (stopped.exit_code, states()) == (1, ["refused"])
    assert "run the same command again" in stopped.stderr

    monkeypatch.delenv("CENTION_TOKEN_CREATE_ERRAND")
    terminal.run("errands", "import", errand_list)

    assert subjects() == GOOD


def test_an_unknown_outcome_is_reported_and_does_not_stop_the_others(
    terminal, errand_list, cention, states, subjects
):
    cention.control("faults", {"error_500": {"types": [NEW], "times": 1}})

    first = terminal.run("errands", "import", errand_list)
    again = terminal.run("errands", "import", errand_list)

    assert (first.exit_code, again.exit_code) == (1, 1)
    assert "request 1 may have created the errand already" in again.stderr
    assert Counter(states()) == {"unknown": 1, "created": 5}
    assert subjects() == GOOD


def test_three_unknown_outcomes_in_a_row_stop_the_import(terminal, errand_list, cention, states):
    cention.control("faults", {"error_500": {"types": [NEW]}})

    result = terminal.run("errands", "import", errand_list)

    assert (result.exit_code, states()) == (1, ["unknown"] * 3)
    assert (
        "Stopped: 3 in a row failed; the last error was: cention: failed on the server"
        in result.stderr
    )


def test_three_unreachable_in_a_row_stop_the_import(
    terminal, monkeypatch, errand_list, states, subjects
):
    monkeypatch.setenv("CENTION_URL", "http://127.0.0.1:1/s/demo")

    result = terminal.run("errands", "import", errand_list)

    assert (result.exit_code, states()) == (1, ["refused"] * 3)
    assert "Stopped: 3 in a row failed; the last error was: cention: no connection" in result.stderr


def test_a_request_cut_off_midway_does_not_stop_the_others(
    terminal, monkeypatch, errand_list, states, subjects
):
    place = ErrandsApi.create_order

    def close_connection(api, order):
        if order.errand.subject == GOOD[0]:
            raise errors.Unreachable("no connection (ConnectionError)", api="cention")
        return place(api, order)

    monkeypatch.setattr(ErrandsApi, "create_order", close_connection)

    result = terminal.run("errands", "import", errand_list)

    assert result.exit_code == 1
    assert "list.jsonl, line 1: cention: no connection" in result.stderr
    assert subjects() == GOOD[1:]


def test_an_import_that_is_killed_before_the_answer_leaves_one_unknown_and_creates_nothing_twice(
    running_import, terminal, errand_list, cention, states, subjects, rows
):
    """Cention had accepted the second errand, but had not answered yet."""
    whole = errand_list.read_text()
    errand_list.write_text(whole.splitlines()[0])
    terminal.run("errands", "import", errand_list)
    errand_list.write_text(whole)
    cention.control("faults", {"latency": {"types": [NEW], "seconds": 30, "times": 1}})
    with running_import(errand_list, sent=lambda: len(subjects()) == 2) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    assert states() == ["created", "sending"]

    eventually(lambda: not rows("SELECT pid FROM pg_locks WHERE locktype = 'advisory'"))
    resumed = terminal.run("errands", "import", errand_list)

    assert "list.jsonl, line 2: request" in resumed.stderr
    assert "may have created the errand already" in resumed.stderr
    assert Counter(states()) == {"created": 5, "unknown": 1}
    assert subjects() == GOOD


@pytest.mark.parametrize("stop_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_import_waits_for_its_answer_and_leaves_no_outcome_unknown(
    running_import, terminal, errand_list, cention, states, subjects, stop_signal
):
    cention.control("faults", {"latency": {"types": [NEW], "seconds": 1, "times": 1}})
    with running_import(errand_list, sent=lambda: len(subjects()) == 1) as process:
        process.send_signal(stop_signal)
        output, errors = process.communicate(timeout=20)

    assert (process.returncode, output) == (1, "1 errand created.\n")
    assert "Stopping after Cention's response" in errors
    assert "Stopped on request. To continue, run the same command again." in errors
    assert states() == ["created"]

    terminal.run("errands", "import", errand_list)
    assert subjects() == GOOD


def test_a_second_stop_ends_an_import_at_once(
    running_import, terminal, errand_list, cention, states, subjects
):
    cention.control("faults", {"latency": {"types": [NEW], "seconds": 30, "times": 1}})
    with running_import(errand_list, sent=lambda: len(subjects()) == 1) as process:
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        assert "Ctrl-C again stops at once" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 1

    assert states() == ["sending"]


def test_a_message_that_another_import_is_sending_is_neither_sent_nor_marked_unknown(
    running_import, terminal, errand_list, cention, states, subjects
):
    cention.control("faults", {"latency": {"types": [NEW], "seconds": 30, "times": 1}})
    with running_import(errand_list, sent=lambda: len(subjects()) == 1):
        beside = terminal.run("errands", "import", errand_list)
        assert states()[0] == "sending"

    assert "line 1: is being sent by another command" in beside.stderr
    assert subjects() == GOOD


def test_the_counts_may_be_json(terminal, errand_list):
    assert terminal.json("errands", "import", errand_list) == {
        "would": 0, "created": 6, "again": 0, "repeated": 0, "bad": 0, "other": 0, "refused": 0,
        "unknown": 0, "sending": 0,
    }  # fmt: skip
