"""Arguments that are not UTF-8: Python passes each invalid byte as a lone surrogate."""

from __future__ import annotations

import pytest

ODD = "a\udce5"


@pytest.mark.parametrize(
    "words",
    [
        ("library", "search", ODD),
        ("logons", "--name", ODD),
        ("errands", "create", "--from", "ann@customer.example", "--subject", ODD),
        ("contacts", "upsert", "--email", ODD),
        ("status", "--workspace", ODD),
    ],
    ids=lambda words: words[0],
)
def test_an_argument_that_is_not_utf_8_is_wrong_usage(terminal, words):
    result = terminal.run(*words)

    assert result.exit_code == 2
    assert "is not UTF-8." in result.stderr
