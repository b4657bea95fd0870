"""`cention surveys`: rules, preview, why, opt-outs and holds, as operators type them."""

from __future__ import annotations

import pytest

from tests.support.databases import run_query
from tests.support.surveys import RULES, brief
from workers.surveys.store import holds


@pytest.fixture
def file(tmp_path, terminal):
    """Where a rules file is; its workspace is known to the database."""
    assert terminal.run("migrate").exit_code == 0
    return tmp_path / "surveys.toml"


@pytest.fixture
def csat(file, terminal):
    """A rule that was loaded and is on."""
    file.write_text(brief())
    terminal.run("surveys", "rules", "load")
    terminal.run("surveys", "rules", "on", "csat")


def put_errand(database, errand_id, address="anna@example.org"):
    run_query(
        database,
        "INSERT INTO cention.errand (workspace, errand_id, answered, closed, answered_at,"
        " from_address, fetched_at) VALUES ('demo', %s, true, true, now() - interval '2 hours', %s,"
        " now())",
        *(errand_id, address),
    )


def test_a_rules_file_is_loaded_and_its_rules_are_off(terminal, file):
    file.write_text(RULES)

    result = terminal.run("surveys", "rules", "load", file)

    assert result.exit_code == 0
    assert "New, and off: csat-after-answer." in result.stdout
    assert "Version 1 is in force." in result.stdout
    assert "no text in fi, nb, da, de" in result.stderr
    [rule] = terminal.json("surveys", "rules")
    assert (rule["name"], rule["version"], rule["on_from"]) == ("csat-after-answer", 1, None)


def test_the_same_file_is_no_new_version_and_a_changed_one_is(terminal, file, database):
    file.write_text(brief() + brief("gone"))
    terminal.run("surveys", "rules", "load")
    terminal.run("surveys", "rules", "on", "csat")
    terminal.run("surveys", "rules", "on", "gone")
    [before] = run_query(database, "SELECT on_from FROM feedback.rule WHERE name = 'csat'")

    assert "in force already" in terminal.run("surveys", "rules", "load").stdout
    file.write_text(brief(more="quiet_days = 1") + brief("new"))
    result = terminal.run("surveys", "rules", "load")

    assert "New, and off: new.\nChanged: csat.\nRemoved: gone.\nVersion 2" in result.stdout
    on = run_query(
        database,
        "SELECT name, version, on_from FROM feedback.rule WHERE on_from IS NOT NULL"
        " AND off_at IS NULL",
    )
    assert on == [{"name": "csat", "version": 2, **before}]


def test_a_file_with_mistakes_loads_nothing_and_tells_each_with_its_line(terminal, file, database):
    wrong = RULES.replace('"24h"', '"24"').replace("[centracx]", "[centrax]")
    file.write_text(wrong)

    result = terminal.run("surveys", "rules", "load", file)

    assert result.exit_code == 1
    assert f"{file} has 2 mistakes, so nothing was loaded:" in result.stderr
    assert "line 7: rule[1].after: must be a duration" in result.stderr
    assert "centrax: is no key of this table" in result.stderr
    assert run_query(database, "SELECT FROM feedback.rules_file") == []
    as_json = terminal.json("surveys", "rules", "load", file)
    assert as_json["mistakes"][0]["line"] == 7


def test_an_alert_without_a_token_for_errands_is_refused(terminal, file, environment):
    environment.setenv("CENTION_TOKEN", "")
    file.write_text(RULES)

    assert "CENTION_TOKEN_CREATE_ERRAND" in terminal.run("surveys", "rules", "load").stderr


def test_a_dry_run_loads_nothing(terminal, file, database):
    file.write_text(RULES)

    result = terminal.run("surveys", "rules", "load", "--dry-run")

    assert "no mistakes. Nothing was loaded." in result.stdout
    assert run_query(database, "SELECT FROM feedback.rules_file") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"\xff", "is not in UTF-8"),
        (b"[[rule]", "is no TOML"),
        (b"#" * 1024 * 1025, "is larger than 1048576 bytes"),
    ],
)
def test_what_is_no_rules_file_is_refused(terminal, file, content, said):
    if content is not None:
        file.write_bytes(content)

    result = terminal.run("surveys", "rules", "load", file)

    assert result.exit_code == 1
    assert said in result.stderr


def test_a_logo_is_found_beside_the_file(terminal, file, database):
    file.write_text(RULES.replace("[theme]", '[theme]\nlogo = "logo.png"'))
    (file.parent / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    terminal.run("surveys", "rules", "load", file)

    [row] = run_query(
        database, "SELECT document #>> '{theme,logo}' AS logo FROM feedback.rules_file"
    )
    assert row["logo"].startswith("data:image/png;base64,")


def test_a_rule_is_switched_on_and_off(terminal, csat):
    assert terminal.run("surveys", "rules", "on", "csat").stdout == "Rule csat was on already.\n"
    assert terminal.run("surveys", "rules", "off", "csat").stdout == "Rule csat is off.\n"
    assert terminal.run("surveys", "rules", "off", "csat").stdout == "Rule csat was off already.\n"
    assert terminal.run("surveys", "rules", "on", "csat").stdout == "Rule csat is on.\n"
    unknown = terminal.run("surveys", "rules", "on", "nps")
    assert unknown.exit_code == 1
    assert "Known: csat." in unknown.stderr


def test_a_preview_tells_totals_and_errands(terminal, csat, database):
    put_errand(database, 1)
    put_errand(database, 2, "noreply@example.org")

    text = terminal.run("surveys", "preview", "--rule", "csat", "--days", "2").stdout
    listed = terminal.run("surveys", "preview", "--rule", "csat", "--list").stdout
    found = terminal.json("surveys", "preview", "--rule", "csat")

    assert text.startswith("1 invitation for 2 errands; 0 errands not due yet.")
    assert "robot_address" in text
    assert len(listed.splitlines()) == 3
    assert (found["invited"], found["reasons"]) == (1, {"robot_address": 1})
    assert run_query(database, "SELECT FROM feedback.decision") == []


def test_why_tells_every_condition_and_no_contact(terminal, csat, database):
    put_errand(database, 1, "noreply@example.org")

    text = terminal.run("surveys", "why", "1").stdout
    found = terminal.json("surveys", "why", "1")

    assert "Nothing was decided about errand 1 yet." in text
    assert "Rule csat, version 1: does not invite now." in text
    conditions = {one["name"]: one for one in found["rules"][0]["conditions"]}
    assert conditions["robot_address"]["passed"] is False
    assert conditions["answered"]["passed"] is False  # before the rule was on
    assert conditions["quiet"]["limit"] == 30
    assert "noreply@" not in text + str(found)


@pytest.mark.parametrize(
    "words", [("why", "404"), ("preview", "--rule", "nps"), ("rules", "off", "nps")]
)
def test_what_is_unknown_is_said_to_be(terminal, csat, words):
    result = terminal.run("surveys", *words)

    assert result.exit_code == 1
    assert words[-1] in result.stderr


def test_a_workspace_without_a_key_asks_for_a_migration(terminal, file, database):
    run_query(database, "DELETE FROM intake.person_key")

    result = terminal.run("surveys", "opt-out", "add", "anna@example.org")

    assert result.exit_code == 1
    assert "cention migrate" in result.stderr


def test_the_key_of_persons_is_made_once(terminal, file, database):
    before = run_query(database, "SELECT * FROM intake.person_key")
    terminal.run("migrate")

    assert run_query(database, "SELECT * FROM intake.person_key") == before
    assert len(before) == 1


def test_persons_opt_out_by_command_and_by_import(terminal, file, environment, tmp_path):
    environment.setenv("SURVEY_COUNTRY", "SE")
    contacts = tmp_path / "contacts.txt"
    contacts.write_text("bo@example.org\n\n070-174 06 05\nANNA@example.org\n")

    added = terminal.run("surveys", "opt-out", "add", "anna@example.org")
    imported = terminal.run("surveys", "opt-out", "import", contacts)

    assert added.stdout == "The person has opted out.\n"
    assert imported.stdout == "3 persons read, 2 of them new.\n"
    found = {one["contact"]: one["source"] for one in terminal.json("surveys", "opt-out")}
    assert found == {
        "anna@example.org": "operator",
        "bo@example.org": "import",
        "+46701740605": "import",
    }
    assert terminal.run("surveys", "opt-out", "remove", "bo@example.org").exit_code == 0
    assert terminal.run("surveys", "opt-out", "remove", "bo@example.org").exit_code == 1
    assert "bo@" not in terminal.run("surveys", "opt-out").stdout


def test_an_import_with_a_bad_line_records_nothing(terminal, file):
    result = terminal.run("surveys", "opt-out", "import", "-", typed="a@b.org\nnobody\n0701\n")

    assert result.exit_code == 1
    assert "lines 2, 3." in result.stderr
    assert terminal.json("surveys", "opt-out") == []


def test_surveys_are_held_until_they_are_resumed(terminal, file, database):
    assert terminal.run("surveys", "hold", "--reason", "test").stdout == (
        "Surveys of demo are held.\n"
    )
    assert terminal.run("surveys", "hold").stdout == "Surveys of demo are held already.\n"
    assert run_query(database, "SELECT workspace, reason FROM feedback.hold") == [
        {"workspace": "demo", "reason": "test"}
    ]
    assert terminal.run("surveys", "resume").stdout == "Surveys of demo go on.\n"
    assert terminal.run("surveys", "resume").stdout == "Surveys of demo were not held.\n"


@pytest.mark.parametrize(("reason", "begins"), [(holds.RESTORED, True), ("too many", False)])
def test_rules_that_are_on_begin_anew_when_surveys_are_resumed_after_a_restore(
    terminal, file, database, reason, begins
):
    file.write_text(brief() + brief("off"))
    terminal.run("surveys", "rules", "load")
    terminal.run("surveys", "rules", "on", "csat")
    run_query(
        database,
        "UPDATE feedback.rule SET on_from = on_from - interval '1 day' WHERE name = 'csat'",
    )
    terminal.run("surveys", "hold", "--reason", reason)

    assert terminal.run("surveys", "resume").stdout == "Surveys of demo go on.\n"

    rules = run_query(
        database,
        "SELECT name, on_from > now() - interval '12 hours' AS begun FROM feedback.rule"
        " ORDER BY name",
    )
    assert rules == [{"name": "csat", "begun": begins}, {"name": "off", "begun": None}]


def test_a_wrong_country_is_told(terminal, file, environment):
    environment.setenv("SURVEY_COUNTRY", "Sweden")

    assert "SURVEY_COUNTRY" in terminal.run("surveys", "rules").stderr


@pytest.mark.parametrize("words", [("why", "9" * 20), ("invitations", "--limit", "9" * 20)])
def test_a_number_beyond_every_number_is_a_wrong_argument(terminal, csat, words):
    result = terminal.run("surveys", *words)

    assert (result.exit_code, "is not in the range" in result.stderr) == (2, True)


def test_a_hold_has_a_reason_also_if_none_is_given(terminal, file, database):
    assert terminal.run("surveys", "hold", "--reason", " ").exit_code == 0

    [hold] = run_query(database, "SELECT reason FROM feedback.hold")
    assert hold["reason"] == "an operator asked for it"
