"""Completion of commands by shells, as operate.md describes it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = "from workers.cli import main; main()"


def ask(**variables: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_its_completion(shell):
    assert "_CENTION_COMPLETE" in ask(_CENTION_COMPLETE=f"{shell}_source")


def test_commands_and_their_options_are_completed_without_any_setting():
    commands = ask(_CENTION_COMPLETE="bash_complete", COMP_WORDS="cention par", COMP_CWORD="1")
    options = ask(
        _CENTION_COMPLETE="bash_complete", COMP_WORDS="cention status --wa", COMP_CWORD="2"
    )

    assert commands.split() == ["plain,parked"]
    assert options.split() == ["plain,--watch"]
