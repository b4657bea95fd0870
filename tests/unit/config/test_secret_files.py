"""A secret may be in a file that NAME_FILE names; neither it nor a wrong file's text is shown."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded import StartupError
from deploy.run.startup import read_secret_files
from tests.support.web import HASH
from workers.config import secret_files
from workers.config.settings import SECRETS, Settings, load_settings
from workers.config.workspaces import SettingsError
from workers.operations.jobs.checks.settings import settings_findings

PLAIN = {
    "CENTION_URL": "https://cention.test/s/demo",
    "SMTP_FROM": "a@example.se",
    "CENTRACX_URL": "https://acme.centracx.test",
    "CUSTOMER_RADAR_CLIENT": "client",
    "ALVARIA_ORG": "org",
}
TEXT = "s3cret-of-"  # with the name of its setting behind it
LIKE = {
    "DATABASE_URL": "postgresql://bridge:{}@db/cention",
    "BROKER_URL": "redis://:{}@broker",
    "SMTP_URL": "smtp://us3r:{}@mail.example.se",
    "WEB_PASSWORD_HASH": HASH,
}
NO_SECRET = {"to"}  # recipients of a report are not printed, but guard nothing


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """An empty folder; a setting that is loaded from a file is gone after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(secret_files, "_taken", {})
    for name in SECRETS:
        monkeypatch.setenv(name, "")
    return monkeypatch


@pytest.fixture
def files(environment, tmp_path):
    """Write each secret into a file, and name it."""
    for name, value in PLAIN.items():
        environment.setenv(name, value)
    for name in SECRETS:
        file = tmp_path / name.lower()
        file.write_text(secret(name) + "\n", "utf-8")
        environment.setenv(f"{name}_FILE", str(file))
    return environment


def secret(name: str) -> str:
    text = f"{TEXT}{name.lower()}-in-a-file"
    return LIKE.get(name, "{}").format(text)


def hidden(value: Any) -> Iterator[str]:
    """Yield the texts of the fields that are in no repr."""
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        for one in content if isinstance(content, tuple) else (content,):
            if dataclasses.is_dataclass(one):
                yield from hidden(one)
            elif not field.repr and field.name not in NO_SECRET:
                yield str(one)


def wrong(environment: pytest.MonkeyPatch, file: Path, name: str = "CENTION_TOKEN") -> str:
    """Load the settings with a file that is wrong; return the only problem of it."""
    environment.delenv(name, raising=False)  # so that it is missing
    environment.setenv(f"{name}_FILE", str(file))
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert name not in raised.value.problems
    [problem] = raised.value.problems[f"{name}_FILE"]
    return problem


def test_every_secret_of_the_settings_can_be_in_a_file_and_none_is_in_the_repr(files):
    settings = load_settings()

    texts = list(hidden(settings))
    assert len(texts) > 20
    assert [text for text in texts if TEXT not in text] == ["us3r", HASH]
    assert TEXT not in repr(settings)


def test_every_one_of_them_arrives(files):
    found = " ".join(hidden(load_settings()))

    # What a claim has its own token for needs no common one.
    assert [n for n in SECRETS if secret(n) not in found] == ["CENTION_TOKEN", "SMTP_URL"]


def test_settings_that_are_loaded_again_are_the_same(files):
    assert load_settings() == load_settings()


def test_a_variable_of_the_folder_does_not_replace_a_file(files, tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "run.env").write_text("DATABASE_URL=postgresql://db/other\n", "utf-8")

    assert load_settings().database_url == load_settings().database_url == secret("DATABASE_URL")


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"token\n", "token"),
        (b"token", "token"),
        (b"token\r\n", "token"),
        (b" to ken ", " to ken "),
    ],
)
def test_one_newline_at_the_end_is_left_out(files, tmp_path, content, value):
    (tmp_path / "cention_token_library").write_bytes(content)

    assert load_settings().workspaces[0].tokens.library == value


def test_the_links_of_a_mounted_secret_are_followed(files, tmp_path):
    """Kubernetes mounts each file as a link to one in ..data, which is a link to a folder."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "token").write_text("mounted", "utf-8")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "token").symlink_to("..data/token")
    files.setenv("CENTION_TOKEN_LIBRARY_FILE", str(tmp_path / "token"))

    assert load_settings().workspaces[0].tokens.library == "mounted"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty."),
        (b"\n", "is empty."),
        (b"  \n", "is empty."),
        (b"s3cret\xff", "is not text in UTF-8."),
        (b"s3cret\x00", "is not one line of printable text."),
        (b"s3cret\nmore\n", "is not one line of printable text."),
        (b"s3cret\n\n", "is not one line of printable text."),
        (b"s3cret\x1b[31m", "is not one line of printable text."),
        (b"s3cret" * 20_000, "has more than 65536 bytes."),
    ],
)
def test_what_is_no_secret_is_named_with_its_path_and_not_quoted(
    environment, tmp_path, content, words
):
    file = tmp_path / "token"
    file.write_bytes(content)

    assert wrong(environment, file) == f"{file} {words}"


def test_a_file_that_is_missing_is_named_alone(environment, tmp_path):
    file = tmp_path / "nowhere"

    problem = wrong(environment, file, "DATABASE_URL")

    assert problem == f"{file} cannot be read: No such file or directory."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://bridge:s3cret@db/cention"),
        ("CENTION_TOKEN", "s3cret"),
        ("CENTION_TOKEN", "s3cret" * 100),
    ],
)
def test_a_secret_that_is_set_where_its_path_belongs_is_not_shown(environment, name, value):
    environment.delenv(name, raising=False)
    environment.setenv(f"{name}_FILE", value)

    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert f"{name}_FILE: The file (not shown: it may be the secret itself" in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_what_is_no_file_is_not_waited_for(environment, tmp_path):
    os.mkfifo(tmp_path / "pipe")

    assert wrong(environment, tmp_path / "pipe") == f"{tmp_path / 'pipe'} is no file."
    assert wrong(environment, tmp_path) == f"{tmp_path} is no file."


def test_a_secret_that_is_set_twice_is_a_mistake(files):
    files.setenv("CENTION_TOKEN", "another")

    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert raised.value.problems == {
        "CENTION_TOKEN_FILE": ["CENTION_TOKEN is set too. Remove one of them."]
    }
    assert "another" not in str(raised.value)


TABLE = """
[demo]
url = "https://cention.test/s/demo"
token_file = "token"
callback_secrets_file = "callback_secrets"
[demo.tokens]
library_file = "library"
[demo.surveys]
digidesk_user = "user"
digidesk_password_file = "digidesk"
"""


@pytest.fixture
def table(environment, tmp_path):
    """Load a workspaces file that names files of secrets, with ``more`` at its end."""
    environment.setenv("DATABASE_URL", "postgresql://db/cention")
    environment.setenv("BROKER_URL", "redis://broker")
    environment.setenv("CENTION_WORKSPACES_FILE", "workspaces.toml")
    for name in ("token", "library", "digidesk"):
        (tmp_path / name).write_text(f"{TEXT}{name}\n", "utf-8")
    (tmp_path / "callback_secrets").write_text(f"{TEXT}one-of-two, {TEXT}two-of-two\n", "utf-8")

    def load(text):
        (tmp_path / "workspaces.toml").write_text(text, "utf-8")
        return load_settings().workspaces[0]

    return load


def test_secrets_of_the_workspaces_file_can_be_in_files(table):
    workspace = table(TABLE)

    assert workspace.tokens.export == f"{TEXT}token"
    assert workspace.tokens.library == f"{TEXT}library"
    assert workspace.callback_secrets == (f"{TEXT}one-of-two", f"{TEXT}two-of-two")
    assert workspace.surveys.digidesk.password == f"{TEXT}digidesk"
    assert TEXT not in repr(workspace)


@pytest.mark.parametrize(
    ("line", "instead", "problem"),
    [
        (
            '"token"',
            '"nowhere"',
            "token_file: The file (not shown: it may be the secret itself, and not a path)"
            " cannot be read: No such file or directory.",
        ),
        ('"library"', '"."', "tokens.library_file: . is no file."),
        ('"digidesk"', "5", "surveys digidesk_password_file: Must be a text in quotes."),
        (
            "token_file",
            "token = 's3cret'\ntoken_file",
            "token_file: token is set too. Remove one of them.",
        ),
        (
            "callback_secrets_file",
            "callback_secrets = ['s3cret']\ncallback_secrets_file",
            "callback_secrets_file: callback_secrets is set too. Remove one of them.",
        ),
    ],
)
def test_a_wrong_file_of_the_workspaces_file_is_named_with_its_line(table, line, instead, problem):
    text = TABLE.replace(line, instead, 1)
    place = instead.splitlines()[-1]
    number = next(n for n, one in enumerate(text.splitlines(), 1) if place in one)

    with pytest.raises(SettingsError) as raised:
        table(text)

    assert raised.value.lines[-1] == f"CENTION_WORKSPACES_FILE [demo] {problem} (line {number})"
    assert "s3cret" not in str(raised.value)


def holding_secrets(settings: Settings) -> list[str]:
    """Return the warnings of files that hold secrets."""
    return [f.sentence for f in settings_findings(settings) if "which holds" in f.sentence]


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_secret_that_others_may_read_or_change_is_a_warning(environment, tmp_path, mode):
    settings = read(environment, tmp_path, mode)

    [sentence] = holding_secrets(settings)
    assert sentence == (
        f"Others may read or change {tmp_path / 'token'}, which holds a secret:"
        f" its mode is {mode:04o}."
    )


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440])
def test_a_secret_that_others_cannot_read_is_none(environment, tmp_path, mode):
    assert holding_secrets(read(environment, tmp_path, mode)) == []


def test_a_secret_is_warned_of_also_when_the_settings_are_loaded_again(environment, tmp_path):
    read(environment, tmp_path, 0o644)

    assert len(holding_secrets(load_settings())) == 1


def test_a_file_whose_secret_was_replaced_is_not_warned_of(environment, tmp_path):
    read(environment, tmp_path, 0o644)
    environment.setenv("CENTION_TOKEN", "another")

    assert holding_secrets(load_settings()) == []


def read(environment: pytest.MonkeyPatch, folder: Path, mode: int) -> Settings:
    """Load settings whose token is in a file of this mode."""
    environment.setenv("CENTION_URL", PLAIN["CENTION_URL"])
    for name in ("DATABASE_URL", "BROKER_URL"):
        environment.setenv(name, secret(name))
    (folder / "token").write_text("s3cret", "utf-8")
    (folder / "token").chmod(mode)
    environment.setenv("CENTION_TOKEN_FILE", str(folder / "token"))
    return load_settings()


def test_secrets_that_the_workspaces_file_names_are_warned_of_too(table, tmp_path):
    for name in ("workspaces.toml", "token", "callback_secrets", "library", "digidesk"):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).chmod(0o600)
    table(TABLE)
    (tmp_path / "library").chmod(0o644)

    assert holding_secrets(load_settings()) == [
        "Others may read or change library, which holds a secret: its mode is 0644."
    ]


def test_make_run_takes_what_is_in_files_as_set(tmp_path):
    (tmp_path / "url").write_text("postgresql://db/cention\n", "utf-8")
    environment = {"DATABASE_URL_FILE": str(tmp_path / "url")}

    read_secret_files(environment)

    assert environment == {"DATABASE_URL": "postgresql://db/cention"}


def test_make_run_names_a_wrong_file_before_it_starts(tmp_path):
    with pytest.raises(StartupError) as raised:
        read_secret_files({"BROKER_URL_FILE": str(tmp_path / "nowhere")})

    assert "BROKER_URL_FILE: " in str(raised.value)


@pytest.mark.slow
@pytest.mark.parametrize("module", ["workers.app", "wsgi"])
def test_processes_start_with_nothing_but_files(files, module):
    code = f"import {module} as it; getattr(it, 'app'); print('built')"

    # The names that the fixture has set to nothing count as unset.
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )

    assert done.stdout == "built\n", done.stderr
