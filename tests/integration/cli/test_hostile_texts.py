"""Commands print texts of customers, vendors, files and the environment without control characters.

Every text here would colour, rewrite or forge lines of a terminal.
"""

from __future__ import annotations

import json

import pytest

EVIL = "\x1b[31m\x9b2J\u202e\x1b]8;;https://evil.example\x1b\\\rok       all: well\u2028ok"
ARGUMENTS = [
    (EVIL,),
    (f"--{EVIL}",),
    ("status", "--workspace", EVIL),
    ("status", f"--{EVIL}"),
    ("poll", "--workspace", EVIL),
    ("want", EVIL, "1"),
    ("want", "errand_reports", EVIL),
    ("unreadable", "show", "errand_reports", EVIL),
    ("unreadable", "show", EVIL, "1"),
    ("backfill", "--preset", "1", "--from", EVIL),
    ("backfill", "--preset", EVIL, "--from", "2024/01/01"),
    ("exports", "run", EVIL),
    ("logons", "pull", "--from", EVIL),
    ("logons", "map", EVIL, "1"),
    ("logons", "unmap", EVIL),
    ("logons", "forget", EVIL),
    ("contacts", "import", EVIL),
    ("contacts", "upsert", "--custom", EVIL),
    ("contacts", "upsert", "--email", EVIL),
    ("errands", "import", EVIL),
    ("errands", "create", "--from", EVIL),
    ("errands", "create", "--extradata", f"@{EVIL}"),
    ("errands", "create", "--attach", EVIL),
    ("errands", "close", EVIL),
    ("library", "search", EVIL),
    ("library", "show", EVIL),
    ("erase", "--address", EVIL),
    ("erase", "--address", EVIL, "--dry-run"),
    ("export-person", "--address", EVIL),
    ("actions", "patterns", "add", "answered", EVIL),
    ("actions", "patterns", "remove", EVIL),
    ("surveys", "preview", "--rule", EVIL),
    ("surveys", "rules", "on", EVIL),
    ("surveys", "rules", "load", EVIL),
    ("surveys", "opt-out", "add", EVIL),
    ("surveys", "opt-out", "remove", EVIL),
    ("surveys", "import", "digidesk", EVIL),
    ("surveys", "link", EVIL),
    ("workspaces", "forget", EVIL),
    ("workspaces", "moved", EVIL),
    ("renormalise", EVIL),
]
VARIABLES = [
    "DATABASE_URL",
    "BROKER_URL",
    "CENTION_URL",
    "CENTION_WORKSPACE",
    "CENTION_TIMEZONE",
    "CENTION_TOKEN",
    "CENTION_EXPORT_PRESET",
    "CENTION_END_OBCALL_TYPE",
    "CENTION_WORKSPACES_FILE",
    "SPOOL_DIR",
    "RECEIVER_URL",
    "POLL_EVERY_S",
    "SURVEY_COUNTRY",
    "SURVEY_PUBLIC_URL",
    "SURVEY_FRAME_ANCESTORS",
    "SURVEY_RULES_FILE",
    "SMTP_URL",
]


def printed(result):
    """What was printed, after it was checked that every line of it prints."""
    for stream in (result.stdout, result.stderr):
        assert [line for line in stream.split("\n") if not line.isprintable()] == []
    return result.stdout + result.stderr


@pytest.fixture
def file(tmp_path):
    def write(text, name="file.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


def test_an_argument_is_quoted_without_its_control_characters(terminal):
    for words in ARGUMENTS:
        printed(terminal.run(*words))


def test_the_choices_of_a_missing_argument_are_listed_as_plain_words(terminal):
    output = printed(terminal.run("want"))

    assert "Choose from: errand_reports, facebook_ratings, " in output
    assert "\\n" not in output
    assert "\\t" not in output


def test_a_heading_of_a_file_is_quoted_without_its_control_characters(terminal, file):
    table = file(f'"name{EVIL}","e-mail"\r\nAnn,ann@c.example\r\n')

    for words in (
        ("contacts", "import", table),
        ("contacts", "import", table, "--dry-run"),
        ("contacts", "import", table, "--map", f"name{EVIL}=pigeon"),
        ("errands", "import", table),
        ("surveys", "import", "digidesk", table),
        ("surveys", "opt-out", "import", table),
        ("surveys", "link", "--csv", table),
    ):
        output = printed(terminal.run(*words))
        assert output


def test_cells_and_mails_are_quoted_without_their_control_characters(terminal, file):
    cards = file(f'name,email\r\nAnn,"{EVIL}"\r\n"{EVIL}",ann@c.example\r\n')
    mails = file(
        f"From x Mon Sep  2 10:00:00 2024\nFrom: {EVIL[:6]}\nSubject: \u202e\n\nHello\n", "m.mbox"
    )

    printed(terminal.run("contacts", "import", cards, "--dry-run"))
    printed(terminal.run("errands", "import", cards))
    printed(terminal.run("errands", "import", mails))


def test_the_name_of_a_file_is_quoted_without_its_control_characters(terminal, file):
    named = file("x\r\n", f"{EVIL.replace('/', '')}\n.csv")

    for words in (
        ("contacts", "import", named),
        ("errands", "import", named),
        ("errands", "create", "--from", "a@c.example", "--attach", named),
        ("surveys", "rules", "load", named),
        ("surveys", "import", "digidesk", named),
        ("surveys", "opt-out", "import", named),
    ):
        printed(terminal.run(*words))


def test_a_variable_is_quoted_without_its_control_characters(terminal, environment):
    for name in VARIABLES:
        with environment.context() as changed:
            changed.setenv(name, EVIL)
            for command in ("check", "status"):
                assert printed(terminal.run(command)), name


def test_keys_of_a_file_of_workspaces_are_quoted_without_their_control_characters(
    terminal, environment, file
):
    quoted = json.dumps(EVIL)
    path = file(f"[{quoted}]\n{quoted} = 1\nurl = {quoted}\n", "workspaces.toml")
    environment.setenv("CENTION_WORKSPACES_FILE", str(path))

    for command in ("check", "status", "migrate"):
        assert "\\x1b[31m" in printed(terminal.run(command))


def test_what_vendors_and_customers_wrote_is_listed_without_control_characters(terminal, bridge):
    text = json.dumps({"data": {"id": "1", "type": EVIL, "attributes": {EVIL: EVIL}}})
    bridge.rows(
        "INSERT INTO intake.callback (workspace, received_at, body_sha256, document, problem)"
        " VALUES ('demo', now(), sha256('1'), %s, %s)",
        text,
        EVIL,
    )
    bridge.rows(
        "INSERT INTO intake.wanted (workspace, family, remote_id, parked_at, last_error)"
        " VALUES ('demo', 'errand_reports', 1, now(), %s)",
        EVIL,
    )
    bridge.rows(
        "INSERT INTO intake.landed (workspace, family, remote_id, document, fetched_at, problem)"
        " VALUES ('demo', 'errand_reports', 2, %s, now(), %s)",
        text,
        EVIL,
    )

    for words in (
        ("callbacks",),
        ("callbacks", "--problems"),
        ("callbacks", "show", "1"),
        ("callbacks", "--json"),
        ("parked",),
        ("parked", "--json"),
        ("unreadable",),
        ("unreadable", "show", "errand_reports", "2"),
        ("status",),
        ("status", "--json"),
        ("actions", "unknown"),
        ("export-person", "--address", "ann@c.example"),
    ):
        printed(terminal.run(*words))


def test_json_has_no_control_character(terminal, bridge):
    bridge.store_callback({"data": {"text": "\x7f\x1b\x9b"}}, problem="\x7f\x1b\x9b")

    output = terminal.run("callbacks", "show", "1").stdout

    assert json.loads(output)
    assert "\x7f" not in output
