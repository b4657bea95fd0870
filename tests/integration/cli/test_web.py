"""``cention web``"""

from __future__ import annotations

from workers.cli.registry import cention
from workers.operations.rules import passwords


def test_the_hash_of_a_password_from_standard_input_is_printed(terminal):
    result = terminal.runner.invoke(cention, ["web", "password"], input="a long password\n")

    assert result.exit_code == 0
    assert passwords.matches("a long password", result.stdout.strip())
    assert "a long password" not in result.output


def test_a_short_password_is_refused(terminal):
    result = terminal.runner.invoke(cention, ["web", "password"], input="short\n")

    assert result.exit_code == 1
    assert "12 to 1000 characters" in result.output
