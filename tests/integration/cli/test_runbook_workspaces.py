"""Every command of the runbook is right with one workspace and with several."""

from __future__ import annotations

import shlex

import pytest

from tests.support import runbook

UNREACHABLE = "http://127.0.0.1:1/s"
WORKSPACES = f"""
[demo]
url = "{UNREACHABLE}/demo"
token = "x"
callback_secrets = ["0123456789abcdef"]
[other]
url = "{UNREACHABLE}/other"
token = "x"
callback_secrets = ["0123456789abcdef"]
"""
SLOW = {"check"}  # it asks every server of each workspace, and takes no workspace


def commands() -> list[str]:
    fenced = [
        shlex.join(words)
        for entry in runbook.entries()
        for line in entry.commands
        for words in runbook.programs(line)
        if words[0] == "cention"
    ]
    return sorted({*fenced, *runbook.mentioned()})


@pytest.fixture
def two_workspaces(environment, tmp_path):
    """Two workspaces; a command that has selected its own ends at the database."""
    (tmp_path / "workspaces.toml").write_text(WORKSPACES)
    (tmp_path / "mailbox.mbox").write_text("")
    environment.setenv("CENTION_WORKSPACES_FILE", str(tmp_path / "workspaces.toml"))
    environment.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    environment.setattr("workers.sync.jobs.retry.time.sleep", lambda _: None)


def test_no_command_asks_which_workspace(terminal, two_workspaces):
    asked = []
    for command in commands():
        words = ["316" if word == "PRESET" else word for word in shlex.split(command)[1:]]
        if words[0] in SLOW:
            continue
        result = terminal.run(*words, typed="1\n")
        if result.exit_code == 2:
            asked.append((command, result.stderr))

    assert asked == []


def test_a_command_that_needs_a_workspace_names_them_and_the_option(terminal, two_workspaces):
    result = terminal.run("poll")

    assert result.exit_code == 2
    assert "Add --workspace with one of: demo, other." in result.stderr
