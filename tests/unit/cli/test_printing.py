from __future__ import annotations

import pytest

from workers.cli.printing import Column, say_table

COLUMNS = (Column(heading="number", right=True), Column(heading="about"), Column(heading="why"))
ROWS = (
    (31, "ann@customer.example", "Cention failed on it and told nothing at all"),
    (32, "b", "c"),
)


@pytest.fixture
def terminal(monkeypatch, capsys):
    """A terminal so many characters wide, and what is shown on it."""

    def show(width):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(width))
        say_table(COLUMNS, ROWS)
        return capsys.readouterr().out.splitlines()

    return show


def test_a_terminal_shows_a_row_a_line_and_wraps_the_last_column(terminal):
    lines = terminal(60)

    assert "31 ann@customer.example Cention failed on it and told" in lines[1]
    assert "nothing at all" in lines[2]


def test_on_a_terminal_too_narrow_for_the_columns_each_row_is_a_paragraph(terminal):
    assert terminal(40) == [
        "number  31",
        "about   ann@customer.example",
        "why     Cention failed on it and told",
        "        nothing at all",
        "",
        "number  32",
        "about   b",
        "why     c",
    ]


def test_a_pipe_gets_a_line_a_row_however_long(capsys):
    say_table(COLUMNS, ROWS)

    assert capsys.readouterr().out.splitlines() == [
        "number  about                 why",
        "    31  ann@customer.example  Cention failed on it and told nothing at all",
        "    32  b                     c",
    ]
