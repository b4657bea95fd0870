"""Mistakes in the file of workspaces are named with their lines, and never with a token."""

from __future__ import annotations

import pytest

from tests.support.settings import SETTINGS
from workers.config.mail import faults_of
from workers.config.settings import load_settings
from workers.config.workspaces import SettingsError
from workers.operations.jobs.checks.finding import Level
from workers.operations.jobs.checks.settings import settings_findings

TOKEN = "t0ken-s3cret"
GOOD = f"""
[demo]
url = "https://api.example.com/s/demo"
token = "{TOKEN}"
callback_secrets = ["0123456789abcdef"]
"""


@pytest.fixture
def load(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/x")
    monkeypatch.setenv("BROKER_URL", "redis://localhost/0")
    path = tmp_path / "workspaces.toml"
    monkeypatch.setenv("CENTION_WORKSPACES_FILE", str(path))

    def of(content, *, mode=0o600):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return load_settings()

    return of


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f'[demo]\nurl = "x"\ntoken = {TOKEN}\n', 3),
        (f'[demo]\ntoken = "{TOKEN}\nurl = "x"\n', 2),
        (f'[demo]\ntoken = "{TOKEN}"\ntoken = "{TOKEN}"\n', 3),
        (f"{TOKEN}\n", 1),
        (f'[demo]\n[demo.tokens]\n\nerrand_data = "{TOKEN}"\n[demo]\n', 5),
        (f'[demo]\r\nurl = "x"\r\ntoken = {TOKEN}\r\n', 3),
        (f'[demo]\ntoken = """{TOKEN}\n\n', 4),
        (b"[demo]\nurl = 'x'\ntoken = '" + b"\xff'\n", 3),
    ],
)
def test_what_is_not_toml_is_named_with_its_line(load, content, line):
    with pytest.raises(SettingsError) as raised:
        load(content)

    [problem] = raised.value.problems["CENTION_WORKSPACES_FILE"]
    assert problem.startswith(f"Line {line}: ")
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    ("more", "where", "line"),
    [
        ('timezone = "Mars"', "[demo] timezone", 6),
        ("[demo.tokens]\n\nfoo = 'x'", "[demo] tokens.foo", 8),
        ("colour = 1", "[demo] colour", 6),
        ('[demo.surveys]\nsmtp_from = "x"', "[demo] surveys smtp_from", 7),
        ('[demo.surveys]\ncolour = "x"', "[demo] surveys colour", 7),
        ("[other]\nurl = 5", "[other] url", 7),
        ('[other]\nurl = "https://x/s/y"\ncallback_secrets = ["x"]', "[other] callback_secrets", 8),
        ('["a ] b"]\nurl = "https://x/s/y"', "[a ] b] name", 6),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_its_line(load, more, where, line):
    with pytest.raises(SettingsError) as raised:
        load(GOOD + more + "\n")

    [problem] = raised.value.problems[f"CENTION_WORKSPACES_FILE {where}"]
    assert problem.endswith(f" (line {line})")


@pytest.mark.parametrize(
    ("more", "where", "words"),
    [
        ("timezone = 1", "[demo] timezone", "Must be a text in quotes."),
        ('tokens = "x"', "[demo] tokens", "Must be a table."),
        (
            "[other]\nurl = 'https://x/s/y'\ncallback_secrets = 'x'",
            "[other] callback_secrets",
            "Must be a list in square brackets.",
        ),
        ("[demo.surveys]\nsmtp_from = 1", "[demo] surveys smtp_from", "Must be a text in quotes."),
        (
            "[demo.surveys]\nsmtp_per_minute = true",
            "[demo] surveys smtp_per_minute",
            "Must be a whole number.",
        ),
    ],
)
def test_a_value_of_another_kind_is_named_in_words(load, more, where, words):
    with pytest.raises(SettingsError) as raised:
        load(GOOD + more + "\n")

    [problem] = raised.value.problems[f"CENTION_WORKSPACES_FILE {where}"]
    assert problem.startswith(words)


def test_a_byte_order_mark_is_no_mistake(load):
    assert load(b"\xef\xbb\xbf" + GOOD.encode()).workspaces[0].name == "demo"


def warnings(settings):
    found = settings_findings(settings)
    return [f.sentence for f in found if f.level is Level.WARNING and "holds tokens" in f.sentence]


@pytest.mark.parametrize("mode", [0o644, 0o664, 0o660, 0o666, 0o604, 0o602])
def test_a_file_of_tokens_that_others_may_read_or_change_is_a_warning(load, mode):
    [sentence] = warnings(load(GOOD, mode=mode))

    assert f"its mode is {mode:04o}" in sentence


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_file_of_tokens_that_others_cannot_read_is_none(load, mode):
    assert warnings(load(GOOD, mode=mode)) == []


def test_without_a_file_nothing_is_warned_of():
    assert warnings(SETTINGS) == []


def test_a_mail_server_with_a_password_that_is_not_encoded_gets_a_hint():
    [(_, fault)] = faults_of({"smtp_url": "smtp://us:p/w@mail.example.com", "smtp_from": "a@b.se"})

    assert "Percent-encode @ : / ? # %" in fault
