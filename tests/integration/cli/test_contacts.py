"""`cention contacts`: one card, or a card for each row of a table."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys

import pytest
import responses

from tests.integration.sandbox.sandbox_server import SandboxServer
from tests.support.eventually import eventually

CARDS = "SELECT * FROM cention.contact_card ORDER BY sent_at, card_id"


def cards_at(cention: SandboxServer) -> list[dict]:
    return list(cention.control("truth/contact_cards").values())


def posts(cention: SandboxServer) -> int:
    requests = cention.control("stats")["requests"]
    return sum(n for what, n in requests.items() if what.startswith("POST c3_contact_cards"))


@pytest.fixture
def write_table(tmp_path):
    def write(text, name="people.csv", encoding="utf-8"):
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        return file

    return write


def test_a_card_is_sent_and_stored_with_the_response(terminal, bridge, cention):
    terminal.run("contacts", "upsert", "--email", "old@b.c", "--voice", "+467")

    result = terminal.run(
        *("contacts", "upsert", "--email", "old@b.c", "--email", "new@b.c", "--name", "Ann"),
        *("--facebook", "1@facebook.com", "--vk", "centionvk-cc-1", "--line", "centionline-c1"),
        *("--custom", "Club=gold"),
    )

    [card_id] = cention.control("truth/contact_cards")
    assert result.stdout == f"Card {card_id} now has 6 contacts.\n"
    _, second = bridge.rows(CARDS)
    assert (second["card_id"], second["state"], second["name"]) == (int(card_id), "sent", "Ann")
    assert second["sent"]["email"] == ["old@b.c", "new@b.c"]
    assert "voice" not in second["sent"]
    assert second["returned"]["voice"] == ["+467"]
    assert [second["returned"]] == cards_at(cention)
    assert second["ended_at"] >= second["sent_at"]


def test_the_same_card_sent_twice_is_one_row(terminal, bridge):
    for _ in range(2):
        terminal.run("contacts", "upsert", "--email", "a@b.c")

    [row] = bridge.rows(CARDS)
    assert row["sends"] == 2


def test_a_card_can_be_printed_as_json(terminal):
    output = terminal.json("contacts", "upsert", "--email", "a@b.c")

    assert output["returned"] == output["sent"] == {"email": ["a@b.c"]}
    assert output["card_id"] > 0


def test_an_odd_address_is_sent_with_a_warning(terminal, cention):
    result = terminal.run("contacts", "upsert", "--voice", "070123")

    assert result.exit_code == 0
    assert "/contacts/voice/0: is not a phone number with a plus sign" in result.stderr
    assert cards_at(cention) == [{"voice": ["070123"]}]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "needs an address"),
        (("--name", "Ann"), "needs an address"),
        (("--email", "a@b.c", "--custom", "gold"), "LABEL=VALUE"),
        (("--email", "a\x07@b.c"), "/contacts/email/0: holds a control character"),
    ],
)
def test_wrong_usage_is_reported_and_sends_nothing(terminal, cention, words, message):
    result = terminal.run("contacts", "upsert", *words)

    assert result.exit_code == 2
    assert message in result.stderr
    assert cards_at(cention) == []


def test_without_a_token_of_the_claim_it_says_which_to_set(terminal, environment):
    environment.delenv("CENTION_TOKEN")

    result = terminal.run("contacts", "upsert", "--email", "a@b.c")

    assert result.exit_code == 1
    assert "CENTION_TOKEN_CONTACTS" in result.stderr


def test_a_malformed_token_is_reported_without_being_shown(terminal, environment):
    environment.setenv("CENTION_TOKEN_CONTACTS", "two words")

    result = terminal.run("contacts", "upsert", "--email", "a@b.c")

    assert result.exit_code == 1
    assert "The token of demo is malformed" in result.stderr
    assert "two words" not in result.stderr


@pytest.mark.parametrize(
    ("fault", "state", "message"),
    [
        ("unauthorised", "refused", "Set CENTION_TOKEN_CONTACTS"),
        ("not_found", "refused", "Cention did not accept the card: "),
        ("error_500", "unknown", "It is safe to send it again."),
        ("dropped", "unknown", "It is not known whether Cention stored the card"),
    ],
)
def test_a_failure_is_reported_and_recorded_as_refused_or_unknown(
    terminal, bridge, cention, fault, state, message
):
    cention.control("faults", {fault: {}})

    result = terminal.run("contacts", "upsert", "--email", "a@b.c")

    assert result.exit_code == 1
    assert message in result.stderr
    [row] = bridge.rows(CARDS)
    assert (row["state"], row["card_id"]) == (state, None)
    assert row["error"]
    assert len(cards_at(cention)) == (state == "unknown")


def test_an_unreadable_answer_is_recorded_and_the_card_counts_as_sent(terminal, bridge, cention):
    cention.control("faults", {"unreadable": {}})

    result = terminal.run("contacts", "upsert", "--email", "a@b.c")

    assert result.exit_code == 0
    [row] = bridge.rows(CARDS)
    assert (row["state"], row["card_id"]) == ("sent", None)
    assert row["returned"]["data"]["attributes"] == "none of your business"
    assert "is unreadable" in row["error"]


def answers(cention, card_id, **attributes):
    """Make Cention answer with this card."""
    card = {"type": "c3_contact_cards", "id": card_id, "attributes": attributes}
    responses.post(
        f"{cention.root}/s/demo/capi/json/c3_contact_cards", status=201, json={"data": card}
    )


@responses.activate
@pytest.mark.parametrize("document", [{"data": None}, None])
def test_an_answer_without_a_card_is_stored_as_sent_without_an_id(
    terminal, bridge, cention, document
):
    body = {} if document is None else {"json": document}
    responses.post(f"{cention.root}/s/demo/capi/json/c3_contact_cards", status=201, **body)

    result = terminal.run("contacts", "upsert", "--email", "a@b.c")

    assert result.exit_code == 0
    [row] = bridge.rows(CARDS)
    assert (row["state"], row["card_id"], row["returned"]) == ("sent", None, None)


@responses.activate
def test_a_partly_readable_answer_is_stored_with_the_card_as_received(terminal, bridge, cention):
    contacts = {"email": [["a@b.c"]], "voice": ["+467"]}
    answers(cention, "13", contacts=contacts)

    result = terminal.run("contacts", "upsert", "--email", "a@b.c")

    [row] = bridge.rows(CARDS)
    assert result.stdout == "Sent, as card 13.\n"
    assert (row["state"], row["card_id"], row["returned"]) == ("sent", 13, contacts)
    assert "/data/attributes/contacts/email" in row["error"]


@responses.activate
def test_unknown_channels_are_stored_beside_known_ones(terminal, bridge, cention):
    answers(cention, "13", name="Ann", contacts={"email": ["a@b.c"], "whatsapp": ["+467"]})

    output = terminal.json("contacts", "upsert", "--email", "a@b.c")

    [row] = bridge.rows(CARDS)
    assert row["returned"] == {"name": "Ann", "email": ["a@b.c"], "whatsapp": ["+467"]}
    assert (row["name"], row["error"]) == ("Ann", None)
    assert output["returned"] == row["returned"]


@pytest.mark.parametrize("bare", [{}, {"contacts": None}])
@responses.activate
def test_an_empty_answer_leaves_the_earlier_one(terminal, bridge, cention, bare):
    answers(cention, "13", contacts={"voice": ["+467"]})
    terminal.run("contacts", "upsert", "--email", "a@b.c")
    responses.reset()
    answers(cention, "13", **bare)

    terminal.run("contacts", "upsert", "--email", "a@b.c")

    assert len(responses.calls) == 1
    [row] = bridge.rows(CARDS)
    assert row["returned"] == {"voice": ["+467"]}


@responses.activate
def test_a_deeply_nested_answer_can_be_printed_as_json(terminal, cention):
    answers(cention, "13", odd=json.loads("[" * 240 + "]" * 240))

    assert terminal.json("contacts", "upsert", "--email", "a@b.c")["returned"]["data"]["id"] == "13"


@responses.activate
def test_an_answer_whose_contacts_are_not_an_object_is_stored_as_received(
    terminal, bridge, cention
):
    answers(cention, "13", contacts=["a@b.c"])

    terminal.run("contacts", "upsert", "--email", "a@b.c")

    [row] = bridge.rows(CARDS)
    assert (row["card_id"], row["returned"]) == (13, {"contacts": ["a@b.c"]})


def test_a_request_is_repeated_while_cention_is_busy(terminal, cention):
    cention.control("faults", {"busy": {"times": 2, "seconds": 0}})

    assert terminal.run("contacts", "upsert", "--email", "a@b.c").exit_code == 0
    assert len(cards_at(cention)) == 1


def test_a_table_becomes_cards(terminal, bridge, cention, write_table):
    file = write_table("Namn;E-post;Telefon;Nr\nÅsa;a@b.c;+461;1\nBo;b@c.d;;2\n")

    result = terminal.run(
        *("contacts", "import", file, "--map", "Namn=name", "--map", "E-post=email"),
        *("--map", "Telefon=voice", "--map", "Nr=custom:Kundnr"),
    )

    assert result.stdout == "2 rows: 2 sent.\n"
    assert result.exit_code == 0
    assert cards_at(cention)[0] == {
        "name": "Åsa",
        "email": ["a@b.c"],
        "voice": ["+461"],
        "custom": [{"label": "Kundnr", "value": "1"}],
    }
    assert bridge.one("SELECT count(*) FROM cention.contact_card WHERE state = 'sent'") == 2


def test_a_second_run_sends_nothing_twice_without_again(terminal, cention, write_table):
    file = write_table("email\na@b.c\nb@c.d\na@b.c\n")

    first = terminal.run("contacts", "import", file)
    second = terminal.run("contacts", "import", file)
    sent_by_then = posts(cention)
    third = terminal.run("contacts", "import", file, "--again")

    assert first.stdout == "3 rows: 2 sent, 1 repeated in the file.\n"
    assert second.stdout == "3 rows: 3 sent before.\n"
    assert sent_by_then == 2
    assert third.stdout == "3 rows: 2 sent, 1 repeated in the file.\n"
    assert posts(cention) == 4


def test_the_counts_may_be_json(terminal, write_table):
    output = terminal.run("contacts", "import", write_table("email\na@b.c\nn/a\n"), "--json").stdout

    assert json.loads(output) == {
        "to_send": 0, "sent": 1, "sent_before": 0, "repeated": 0, "bad": 1, "refused": 0,
        "unknown": 0,
    }  # fmt: skip


def test_an_import_that_is_stopped_reports_how_far_it_got(terminal, bridge, cention, write_table):
    file = write_table("email\na@b.c\nb@c.d\n")
    cention.control("faults", {"latency": {"types": ["c3_contact_cards"], "seconds": 1}})
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.cli", "contacts", "import", str(file)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        eventually(lambda: cards_at(cention))
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)
    finally:
        process.kill()

    assert (process.returncode, stdout) == (1, "1 row: 1 sent.\n")
    assert "Stopped on request. To continue, run the same command again." in stderr
    assert [row["state"] for row in bridge.rows(CARDS)] == ["sent"]


def test_a_run_that_failed_can_be_continued(terminal, cention, write_table):
    """The token becomes invalid before the third card."""
    file = write_table("email\n" + "".join(f"a{n}@b.c\n" for n in range(5)))
    terminal.run("contacts", "import", write_table("email\na0@b.c\na1@b.c\n", "some.csv"))
    cention.control("faults", {"unauthorised": {"times": 1}})

    stopped = terminal.run("contacts", "import", file)
    gone_on = terminal.run("contacts", "import", file)

    assert stopped.exit_code == 1
    assert "2 rows: 2 sent before. Then it failed: cention: token refused" in stopped.stderr
    assert "run the same command again" in stopped.stderr
    assert gone_on.stdout == "5 rows: 3 sent, 2 sent before.\n"


def test_a_card_whose_sender_died_is_sent_again(terminal, bridge, cention, write_table):
    bridge.rows(
        "INSERT INTO cention.contact_card (workspace, sent_sha256, state, sent)"
        " VALUES ('demo', %s, 'sending', '{\"email\": [\"a@b.c\"]}')",
        hashlib.sha256(b'{"email": ["a@b.c"]}').digest(),
    )

    assert (
        terminal.run("contacts", "import", write_table("email\na@b.c\n")).stdout
        == "1 row: 1 sent.\n"
    )
    [row] = bridge.rows(CARDS)
    assert (row["state"], row["sends"]) == ("sent", 2)


def test_bad_rows_are_reported_with_their_line_and_skipped(terminal, cention, write_table):
    file = write_table("name,email\nAnn,a@b.c\nBo,\nCy,c@d.e,x\nEd,odd\n")

    result = terminal.run("contacts", "import", file)

    assert result.exit_code == 1
    assert result.stdout == "4 rows: 1 sent, 3 bad.\n"
    assert "line 3, bad: /contacts: needs an address" in result.stderr
    assert "line 4, bad: 3 cells instead of 2" in result.stderr
    assert "line 5, bad: /contacts/email/0: does not look like an e-mail" in result.stderr
    assert len(cards_at(cention)) == 1


def test_an_odd_address_is_sent_as_it_is_on_request(terminal, cention, write_table):
    result = terminal.run("contacts", "import", write_table("email\nodd\n"), "--as-is")

    assert result.stdout == "1 row: 1 sent.\n"
    assert (
        "line 2, accepted with a warning: /contacts/email/0: does not look like an e-mail"
        in result.stderr
    )
    assert len(cards_at(cention)) == 1


def test_a_row_with_an_unknown_outcome_is_reported_and_sent_again_by_the_next_run(
    terminal, cention, write_table
):
    file = write_table("email\na@b.c\nb@c.d\n")
    cention.control("faults", {"error_500": {"times": 1}})

    first = terminal.run("contacts", "import", file)
    second = terminal.run("contacts", "import", file)

    assert (first.exit_code, first.stdout) == (1, "2 rows: 1 sent, 1 unknown.\n")
    assert "line 2, unknown: cention: failed on the server" in first.stderr
    assert second.stdout == "2 rows: 1 sent, 1 sent before.\n"
    assert len(cards_at(cention)) == 2


def test_it_stops_when_many_rows_fail_in_a_row(terminal, cention, write_table):
    cention.control("faults", {"error_500": {}})

    result = terminal.run(
        "contacts", "import", write_table("email\n" + "".join(f"a{n}@b.c\n" for n in range(50)))
    )

    assert result.exit_code == 1
    assert "4 rows: 4 unknown. Then it failed" in result.stderr
    assert posts(cention) == 5


def test_a_dry_run_checks_everything_and_sends_nothing(terminal, bridge, cention, write_table):
    terminal.run("contacts", "upsert", "--email", "a@b.c")

    result = terminal.run(
        "contacts", "import", write_table("email\na@b.c\nb@c.d\nb@c.d\n-\n"), "--dry-run"
    )

    assert result.exit_code == 1
    assert result.stdout == "4 rows: 1 to be sent, 1 sent before, 1 repeated in the file, 1 bad.\n"
    assert len(bridge.rows(CARDS)) == 1
    assert len(cards_at(cention)) == 1


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("mail\na@b.c\n", (), "No column holds an address"),
        ("mail\na@b.c\n", ("--map", "post=email"), "No column 'post'"),
        ("mail\na@b.c\n", ("--map", "mail=mail"), "'mail' is none of"),
        ("mail\na@b.c\n", ("--map", "mail"), "COLUMN=CHANNEL"),
    ],
)
def test_a_map_that_does_not_fit_is_wrong_usage(terminal, write_table, text, words, message):
    result = terminal.run("contacts", "import", write_table(text), *words)

    assert result.exit_code == 2
    assert message in result.stderr


def test_a_row_that_is_not_utf_8_is_bad(terminal, write_table):
    result = terminal.run("contacts", "import", write_table("email\nå@b.c\n", encoding="latin-1"))

    assert result.exit_code == 1
    assert "line 2, bad: column 'email': is not UTF-8" in result.stderr


def test_a_byte_order_mark_is_not_part_of_the_first_heading(terminal, write_table):
    assert (
        terminal.run(
            "contacts", "import", write_table("email\na@b.c\n", encoding="utf-8-sig")
        ).stdout
        == "1 row: 1 sent.\n"
    )


def test_the_token_is_in_no_row(terminal, bridge):
    terminal.run("contacts", "upsert", "--email", "a@b.c")

    assert "sandbox-token" not in json.dumps(bridge.rows(CARDS), default=str)
