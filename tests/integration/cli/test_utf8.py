"""Words of a command line that are no UTF-8, in which Python tells each odd byte as a surrogate."""

from __future__ import annotations

import pytest

ODD = "a\udce5"


@pytest.mark.parametrize(
    "words",
    [
        ("library", "search", ODD),
        ("logons", "--name", ODD),
        ("errands", "create", "--from", ODD, "--subject", "Hello"),
        ("contacts", "upsert", "--email", ODD),
        ("status", "--workspace", ODD),
    ],
    ids=lambda words: words[0],
)
def test_a_word_that_is_no_utf_8_is_wrong_usage(terminal, words):
    result = terminal.run(*words)

    assert result.exit_code == 2
    assert "is not UTF-8." in result.stderr
