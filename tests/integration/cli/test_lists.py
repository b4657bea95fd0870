"""Commands for the lists of operators: want, poll, parked, callbacks, unreadable."""

from __future__ import annotations

import json

import pytest

from workers.config.names import Family, Queue

HOSTILE = "\x1b[31mred\x07 [bold]not bold[/bold] \u202eevil\nsecond line"


def wanted(bridge):
    return bridge.rows("SELECT family, remote_id FROM intake.wanted ORDER BY remote_id")


def park(bridge, *ids, family="errand_reports", error="cention: failed on the server (HTTP 500)"):
    for remote_id in ids:
        bridge.rows(
            "INSERT INTO intake.wanted"
            " (workspace, family, remote_id, parked_at, tries, last_error, due_at)"
            " VALUES ('demo', %s, %s, now(), 12, %s, now() + interval '1 h')",
            family,
            remote_id,
            error,
        )


def test_ids_are_numbers_or_ranges_or_read_from_standard_input(terminal, bridge):
    result = terminal.run("want", "errand_reports", "7", "1-3", "-", typed="12 20-21\n3\n")

    assert result.stdout == "7 records of errand_reports will be fetched now.\n"
    assert [row["remote_id"] for row in wanted(bridge)] == [1, 2, 3, 7, 12, 20, 21]
    assert bridge.nudges(Queue.FETCH) == 1


@pytest.mark.parametrize("bad", ["x", "0", "5-", "9-5", "1.5", "9007199254740992", "٣"])
def test_bad_ids_are_refused_by_name_and_nothing_is_wanted(terminal, bridge, bad):
    result = terminal.run("want", "errand_reports", "7", bad)

    assert result.exit_code == 2
    assert repr(bad) in result.stderr
    assert wanted(bridge) == []


def test_more_ids_than_a_million_are_refused(terminal):
    assert terminal.run("want", "errand_reports", "1-1000001").exit_code == 2


def test_an_unknown_family_is_refused(terminal):
    result = terminal.run("want", "errands", "7")

    assert result.exit_code == 2
    assert "'errands'" in result.stderr


def test_an_unknown_workspace_is_refused(terminal):
    result = terminal.run("want", "errand_reports", "7", "--workspace", "other")

    assert result.exit_code == 2
    assert "Known: demo" in result.stderr


def test_of_several_workspaces_one_must_be_named(terminal, environment, tmp_path):
    (tmp_path / "workspaces.toml").write_text(
        "[a]\nurl = 'http://127.0.0.1:1/s/a'\n[b]\nurl = 'http://127.0.0.1:1/s/b'\n"
    )
    environment.setenv("CENTION_WORKSPACES_FILE", str(tmp_path / "workspaces.toml"))

    result = terminal.run("want", "errand_reports", "7")

    assert result.exit_code == 2
    assert "a, b" in result.stderr
    assert terminal.run("want", "errand_reports", "7", "--workspace", "b").exit_code == 0


def test_without_a_broker_the_record_is_still_wanted(terminal, bridge, environment):
    environment.setenv("BROKER_URL", "redis://127.0.0.1:1/0")

    result = terminal.run("want", "errand_reports", "7")

    assert result.exit_code == 0
    assert "the sweep finds the work" in result.stderr
    assert len(wanted(bridge)) == 1


def test_polling_wants_changed_records_and_nudges(terminal, bridge, cention, errands):
    ids = errands(3)

    result = terminal.run("poll")

    assert result.exit_code == 0
    assert "errand_reports: 3 changed records found." in result.stdout
    assert [row["remote_id"] for row in wanted(bridge)] == sorted(ids)
    assert cention.dirty_errands() != []
    assert bridge.nudges(Queue.FETCH) == 1


def test_a_poll_that_fails_says_why(terminal, environment):
    environment.setenv("CENTION_TOKEN", "another-token")

    result = terminal.run("poll")

    assert result.exit_code == 1
    assert "errand_reports: failed: cention: token refused" in result.stdout


def test_polling_without_a_token_says_which_to_set(terminal, environment):
    environment.delenv("CENTION_TOKEN")

    result = terminal.run("poll")

    assert result.exit_code == 1
    assert "CENTION_TOKEN_ERRAND_DATA" in result.stderr


def test_parked_records_are_listed_with_their_last_error(terminal, bridge):
    park(bridge, 5, 6)

    assert "failed on the server" in terminal.run("parked").stdout
    [first, second] = terminal.json("parked")
    assert (first["remote_id"], first["tries"], second["remote_id"]) == (5, 12, 6)


def test_a_released_record_is_due_now_as_if_it_had_never_failed(terminal, bridge):
    park(bridge, 5, 6)

    result = terminal.run("parked", "retry", "errand_reports", "5")

    assert result.stdout == "1 record released.\n"
    [row] = bridge.rows("SELECT * FROM intake.wanted WHERE parked_at IS NULL")
    assert (row["remote_id"], row["tries"]) == (5, 0)
    assert bridge.one("SELECT due_at <= now() FROM intake.wanted WHERE remote_id = 5")
    assert bridge.nudges(Queue.FETCH) == 1


def test_all_parked_records_of_a_family_or_of_all_are_released(terminal, bridge):
    park(bridge, 5, 6)
    park(bridge, 7, family="facebook_ratings")
    park(bridge, 8, family="area_archives")

    assert terminal.run("parked", "retry", "errand_reports").stdout == "2 records released.\n"
    assert terminal.run("parked", "retry", "--all").stdout == "2 records released.\n"
    assert terminal.json("parked") == []


def test_the_parked_records_of_another_workspace_stay_parked(terminal, bridge):
    park(bridge, 5, 6)
    bridge.execute("UPDATE intake.wanted SET workspace = 'other' WHERE remote_id = 6")
    park(bridge, 6)

    terminal.run("parked", "retry", "errand_reports", "6")
    terminal.run("parked", "retry", "errand_reports")
    terminal.run("parked", "retry", "--all")

    assert bridge.rows(
        "SELECT workspace, remote_id FROM intake.wanted WHERE parked_at IS NOT NULL"
    ) == [{"workspace": "other", "remote_id": 6}]


def test_releasing_a_record_that_is_not_parked_fails_and_names_it(terminal, bridge):
    park(bridge, 5)

    result = terminal.run("parked", "retry", "errand_reports", "5-7")

    assert result.exit_code == 1
    assert result.stderr == "Not parked: 6, 7.\n"


@pytest.mark.parametrize("words", [[], ["errand_reports", "--all"]])
def test_releasing_needs_a_family_or_all(terminal, words):
    assert terminal.run("parked", "retry", *words).exit_code == 2


def test_callbacks_are_listed_newest_first_with_their_errand(terminal, bridge, document):
    sample = document("callback_answer_errand")
    bridge.store_callback(sample)
    bridge.store_callback({"data": None}, problem="/data: odd")

    found = terminal.json("callbacks")

    errand = sample["data"]["relationships"]["errand"]["data"]["id"]
    assert [(one["errand"], one["problem"]) for one in found] == [
        (None, "/data: odd"),
        (errand, None),
    ]
    assert len(terminal.json("callbacks", "--problems")) == 1
    assert len(terminal.json("callbacks", "--limit", "1")) == 1
    assert "not filed yet" in terminal.run("callbacks").stdout


def test_a_callback_with_a_problem_is_filed_after_a_replay(terminal, bridge, document):
    bridge.store_callback(document("callback_answer_errand"), problem="/data: odd")

    result = terminal.run("callbacks", "replay", "--problems")
    bridge.file()

    assert result.stdout == "1 callback will be filed again.\n"
    assert bridge.nudges(Queue.CALLBACKS) == 1
    assert bridge.one("SELECT count(*) FROM cention.answer") == 1


def test_replaying_an_unknown_id_fails(terminal, bridge, document):
    bridge.store_callback(document("callback_answer_errand"))
    [callback] = terminal.json("callbacks")

    result = terminal.run("callbacks", "replay", callback["callback_id"], "999")

    assert result.exit_code == 1
    assert result.stderr == "No such callback, or its document was deleted: 1 id.\n"


def test_texts_of_vendors_cannot_control_a_terminal(terminal, bridge):
    park(bridge, 5, error=HOSTILE)

    shown = terminal.run("parked").stdout
    document = terminal.run("parked", "--json").stdout

    assert "\\x1b[31mred\\x07 [bold]not bold[/bold] \\u202eevil\\nsecond line" in shown
    assert len(shown.splitlines()) == 3
    assert document.isascii()
    assert json.loads(document)[0]["last_error"] == HOSTILE


def test_unreadable_documents_are_listed(terminal, bridge, errands):
    [errand_id] = errands(1)
    bridge.fetch(Family.ERRAND_REPORTS)
    assert terminal.run("unreadable").stdout == "Every document could be read.\n"

    bridge.rows("UPDATE intake.landed SET problem = '/data/attributes: odd'")

    [line] = terminal.json("unreadable")
    assert (line["remote_id"], line["problem"]) == (errand_id, "/data/attributes: odd")
    assert "cention renormalise" in terminal.run("unreadable").stdout


def test_the_data_dictionary_is_markdown_and_json(terminal):
    assert terminal.run("dictionary").stdout.startswith("# Data dictionary\n")
    found = json.loads(terminal.run("dictionary", "--format", "json").stdout)
    assert found["form"] == 1
    tables = {f"{one['schema']}.{one['name']}": one for one in found["tables"]}
    assert "errand_id" in {column["name"] for column in tables["cention.errand"]["columns"]}
    assert tables["cention.errand"]["keys"] == [["workspace", "errand_id"]]
