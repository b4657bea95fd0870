"""Durations and tables in the output of commands."""

from __future__ import annotations

import pytest

from workers.cli.commands.status import FAMILY_COLUMNS
from workers.cli.output import TableColumn, print_table
from workers.operations.rules.wording import format_duration


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0s"), (59.9, "59s"), (60, "1m"), (119, "1m"), (5_400, "1h"), (172_799, "1d"), (-3, "0s")],
)
def test_a_duration_is_printed_in_one_unit_rounded_down(seconds, expected):
    assert format_duration(seconds) == expected


def test_columns_are_aligned_in_any_script(capsys):
    print_table(
        [
            TableColumn(heading="name"),
            TableColumn(heading="n", right=True),
            TableColumn(heading="action"),
        ],
        [("joe", 1, "Login"), ("王小明", 10, "Logout")],
    )

    assert capsys.readouterr().out.splitlines() == [
        "name     n  action",
        "joe      1  Login",
        "王小明  10  Logout",
    ]


@pytest.fixture
def terminal(monkeypatch):
    """Make standard output a terminal with the given number of columns."""

    def set_width(columns):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(columns))

    return set_width


def test_a_table_too_wide_for_the_terminal_is_printed_as_lists(capsys, terminal):
    columns = [
        TableColumn(heading="un-\nread", right=True),
        TableColumn(heading="days"),
        TableColumn(heading="x"),
    ]
    row = (1, "2026/11/20 to 2026/11/21", "why it failed, in more words than fit")
    shown = {}
    for width in (40, 60):
        terminal(width)
        print_table(columns, [row, (2, None, None)])
        shown[width] = [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    assert shown[40] == [
        "unread  1",
        "days    2026/11/20 to 2026/11/21",
        "x       why it failed, in more words",
        "        than fit",
        "",
        "unread  2",
    ]
    assert shown[60][2].startswith("   1 2026/11/20 to 2026/11/21 why it failed")


def test_the_families_of_a_busy_workspace_fit_into_80_columns(capsys, terminal):
    terminal(80)

    print_table(FAMILY_COLUMNS, [("response_attachments", *[9999] * 6, "59s", "59s", "59s", "yes")])

    assert capsys.readouterr().out.splitlines()[-1].split()[0] == "response_attachments"
