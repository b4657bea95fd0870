"""``cention errands create``: an errand is created once, whatever fails."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.integration.bridge import Bridge

CREATE = ("errands", "create", "--from", "a@b.example", "--subject", "Hello")
NEW = "c3_new_errands"
CUID = "5462-13-6485"


@pytest.fixture
def created_errand(cention):
    """The only errand that was created at Cention, as it was sent."""

    def read():
        [errand] = cention.control("truth/errands")["created"].values()
        return errand

    return read


def test_an_errand_is_created_with_the_values_of_the_options(terminal, created_errand):
    result = terminal.run(*CREATE, "--name", "Ann", "--body", "Hi", "--html-body", "<p>Hi</p>")

    assert (result.exit_code, result.stdout.split()[0]) == (0, "Errand")
    message = created_errand()["msg"]
    assert {name: message[name] for name in ("from", "name", "subject", "body", "html_body")} == {
        "from": "a@b.example",
        "name": "Ann",
        "subject": "Hello",
        "body": "Hi",
        "html_body": "<p>Hi</p>",
    }
    assert message["message_id"].startswith("bridge-")
    assert set(created_errand()) == {"msg"}


def test_bodies_and_the_customers_id_may_come_from_files(terminal, created_errand, tmp_path):
    for name, text in {"b": "Grüße\n", "h": "<p>Grüße</p>", "c": f"{CUID}\n"}.items():
        (tmp_path / name).write_text(text, "utf-8")

    terminal.run(*CREATE, "--body-file", "b", "--html-file", "h", "--cuid-file", "c")

    assert (created_errand()["msg"]["body"], created_errand()["msg"]["html_body"]) == (
        "Grüße",
        "<p>Grüße</p>",
    )
    assert created_errand()["cuid"] == CUID


def test_files_and_images_are_attached(terminal, created_errand, tmp_path):
    content = bytes(range(256)) * 1000
    (tmp_path / "räkning.pdf").write_bytes(content)
    (tmp_path / "logo.png").write_bytes(b"PNG")

    terminal.run(*CREATE, "--attach", "räkning.pdf", "--inline", "logo=logo.png")

    file, image = created_errand()["msg"]["attachments"]
    assert (file["name"], file["content_type"]) == ("räkning.pdf", "application/pdf")
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert (image["name"], image["content_id"]) == ("logo.png", "logo")


def test_an_answer_creates_a_closed_errand(terminal, created_errand, cention):
    user = ("--user-type", "cention", "--user-id", "12")

    result = terminal.run(*CREATE, *user, "--answer-subject", "Re", "--answer-body", "Done")

    assert "created, closed" in result.stdout
    assert created_errand()["answer"] == {
        "user_type": "cention",
        "user_id": "12",
        "subject": "Re",
        "body": "Done",
        "html_body": "",
    }


def test_a_whatsapp_template_is_sent_by_a_user(terminal, created_errand):
    params = '[{"default": "$1"}]'
    template = ("--template", "hello", "--template-namespace", "ns", "--template-params", params)

    refused = terminal.run(*CREATE, *template)
    terminal.run(*CREATE, *template, "--user-type", "cention", "--user-id", "12")

    assert (refused.exit_code, "/answer/user_id" in refused.stderr) == (1, True)
    assert created_errand()["watemplate"] == {
        "elementname": "hello",
        "namespace": "ns",
        "params": [{"default": "$1"}],
    }


def test_json_is_taken_from_the_command_line_or_from_a_file(
    terminal, created_errand, tmp_path, document
):
    data = document("new_errand_request")["data"]["attributes"]["integrationData"]
    (tmp_path / "data.json").write_text(json.dumps(data))

    terminal.run(*CREATE, "--extradata", '{"case": 5}', "--integration-data", "@data.json")

    assert created_errand()["extradata"] == {"case": 5}
    assert created_errand()["integrationData"] == data


def test_a_wrong_value_is_reported_by_its_field_and_nothing_is_sent(terminal, subjects, states):
    result = terminal.run(*CREATE, "--integration-data", '{"deviceId": "1000"}', "--user-id", "3")

    assert result.exit_code == 1
    assert "/integrationData/deviceId: must be a whole number" in result.stderr
    assert "/integrationData/queueName: is missing" in result.stderr
    assert "/answer/user_type: is missing" in result.stderr
    assert (subjects(), states()) == ([], [])


def test_a_file_whose_name_is_not_utf_8_is_attached(terminal, created_errand, tmp_path):
    (tmp_path / "m\udce5.txt").write_bytes(b"hello")

    terminal.run(*CREATE, "--attach", "m\udce5.txt")

    [file] = created_errand()["msg"]["attachments"]
    assert file["name"] == "m\ufffd.txt"


def test_an_attachment_above_the_limit_is_not_sent(terminal, monkeypatch, tmp_path, subjects):
    monkeypatch.setenv("ATTACHMENT_MAX_BYTES", "10")
    (tmp_path / "big").write_bytes(bytes(11))

    result = terminal.run(*CREATE, "--attach", "big")

    assert (result.exit_code, "larger than 10 bytes" in result.stderr) == (1, True)
    assert subjects() == []


def test_running_a_command_twice_creates_one_errand(terminal, subjects, cention):
    first = terminal.run(*CREATE, "--body", "Hi")
    second = terminal.run(*CREATE, "--body", "Hi")

    [errand_id] = cention.dirty_errands()
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert str(errand_id) in second.stdout
    assert "nothing was sent" in second.stdout
    assert subjects() == ["Hello"]


def test_a_message_id_distinguishes_equal_messages(terminal, subjects):
    for message_id in ("one", "two", "two"):
        terminal.run(*CREATE, "--message-id", message_id)

    assert subjects() == ["Hello", "Hello"]


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_another_message_under_the_same_id_is_reported_and_not_sent(
    terminal, subjects, cention, words
):
    terminal.run(*CREATE, "--message-id", "one", "--body", "Hi")

    other = terminal.run(*CREATE, "--message-id", "one", "--body", "Something else", *words)

    [errand_id] = cention.dirty_errands()
    assert (other.exit_code, subjects()) == (1, ["Hello"])
    assert f"number 1, errand {errand_id}), so nothing was sent" in other.output
    assert "Give this one another --message-id." in other.output


def test_the_request_is_stored_without_its_content(terminal, rows, tmp_path, cention):
    (tmp_path / "a").write_bytes(b"12345")

    terminal.run(*CREATE, "--name", "Ann", "--body", "BODY", "--cuid", CUID, "--attach", "a")

    [row] = rows("SELECT * FROM cention.sent_errand")
    assert (row["state"], [row["errand_id"]]) == ("created", cention.dirty_errands())
    assert (row["from_address"], row["from_name"], row["subject"]) == (
        "a@b.example",
        "Ann",
        "Hello",
    )
    assert (row["attachment_count"], row["attachment_bytes"]) == (1, 5)
    assert (row["origin"], row["answered"], row["tries"]) == ("cention errands create", False, 1)
    assert row["sent_at"] <= row["settled_at"]
    assert "BODY" not in str(row)
    assert CUID not in str(row)


def test_the_bridge_fetches_what_it_created(terminal, bridge: Bridge, rows):
    terminal.run(*CREATE)

    bridge.poll()
    bridge.drain()

    assert rows(
        "SELECT e.subject, e.from_address FROM cention.errand AS e"
        " JOIN cention.sent_errand AS s USING (workspace, errand_id)"
    ) == [{"subject": "Hello", "from_address": "a@b.example"}]


def test_a_refusal_is_reported_and_the_same_may_be_sent_again(terminal, states, cention, rows):
    cention.control("faults", {"busy": {"types": [NEW], "times": 1}})

    refused = terminal.run(*CREATE)
    assert (refused.exit_code, states()) == (1, ["refused"])
    assert "Cention refused the request" in refused.stderr

    again = terminal.run(*CREATE)
    assert (again.exit_code, states()) == (0, ["created"])
    assert rows("SELECT tries, problem FROM cention.sent_errand") == [{"tries": 2, "problem": None}]


def test_a_refused_token_is_reported(terminal, monkeypatch, states):
    monkeypatch.setenv("CENTION_TOKEN_CREATE_ERRAND", "wrong")

    result = terminal.run(*CREATE)

    assert (result.exit_code, states()) == (1, ["refused"])
    assert "CENTION_TOKEN_CREATE_ERRAND" in result.stderr


def test_without_a_token_of_the_claim_nothing_is_recorded(terminal, monkeypatch, states):
    monkeypatch.setenv("CENTION_TOKEN", "")

    result = terminal.run(*CREATE)

    assert (result.exit_code, states()) == (1, [])
    assert "CENTION_TOKEN_CREATE_ERRAND" in result.stderr


def test_if_cention_is_unreachable_nothing_was_created(terminal, monkeypatch, states):
    monkeypatch.setenv("CENTION_URL", "http://127.0.0.1:1/s/demo")

    result = terminal.run(*CREATE)

    assert (result.exit_code, states()) == (1, ["refused"])


@pytest.mark.parametrize("fault", ["error_500", "dropped", "truncated", "login_page"])
def test_a_request_of_unknown_outcome_is_never_sent_again(
    terminal, cention, states, subjects, fault
):
    cention.control("faults", {fault: {"types": [NEW], "times": 1}})

    first = terminal.run(*CREATE)
    made = subjects()
    second = terminal.run(*CREATE)

    assert (first.exit_code, second.exit_code, states()) == (1, 1, ["unknown"])
    assert "cention errands unknown" in first.stderr
    assert "nothing was sent" in second.stderr
    assert subjects() == made


def test_a_timeout_after_cention_accepted_it_leaves_the_outcome_unknown(
    terminal, monkeypatch, cention, states, subjects
):
    monkeypatch.setenv("FETCH_TIMEOUT_S", "1")
    cention.control("faults", {"latency": {"types": [NEW], "seconds": 3}})

    result = terminal.run(*CREATE)

    assert (result.exit_code, states(), subjects()) == (1, ["unknown"], ["Hello"])


def test_the_result_may_be_json(terminal, cention):
    created = terminal.json(*CREATE)
    before = terminal.json(*CREATE)

    [errand_id] = cention.dirty_errands()
    assert (created["state"], created["errand_id"], created["error"]) == (
        "created",
        errand_id,
        None,
    )
    assert (before["sent_id"], before["errand_id"]) == (created["sent_id"], errand_id)


@pytest.mark.parametrize(
    ("fault", "state", "problem"),
    [("busy", "refused", "HTTP 503"), ("error_500", "unknown", "HTTP 500")],
)
def test_a_failure_may_be_json_as_well(terminal, cention, fault, state, problem):
    cention.control("faults", {fault: {"types": [NEW], "times": 1}})

    result = terminal.run(*CREATE, "--json")

    created_errand = json.loads(result.stdout)
    assert (
        result.exit_code,
        created_errand["sent_id"],
        created_errand["state"],
        created_errand["errand_id"],
    ) == (
        1,
        1,
        state,
        None,
    )
    assert problem in created_errand["error"]


def test_the_reason_for_not_sending_may_be_json(terminal, cention):
    cention.control("faults", {"error_500": {"types": [NEW], "times": 1}})
    terminal.run(*CREATE, "--message-id", "one")

    same = terminal.run(*CREATE, "--message-id", "one", "--json")
    other = terminal.run(*CREATE, "--message-id", "one", "--body", "Hi", "--json")

    assert (same.exit_code, other.exit_code) == (1, 1)
    assert [json.loads(one.stdout)["state"] for one in (same, other)] == ["unknown", "other"]
    assert "nothing was sent" in json.loads(same.stdout)["error"]


def test_a_wrong_option_is_wrong_usage(terminal):
    for words in (("--extradata", "{"), ("--inline", "x"), ("--attach", "gone"),
                  ("--extradata", "@gone")):  # fmt: skip
        assert terminal.run(*CREATE, *words).exit_code == 2
