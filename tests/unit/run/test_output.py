"""What `make run` prints."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from deploy.run.output import Output
from deploy.run.status_line import StatusLine

EVIL = "\x1b[31m\x9b2J\u202e\rrunning [bold]"


@pytest.mark.parametrize("terminal", [True, False])
def test_make_run_prints_no_control_character_of_others(terminal):
    file = io.StringIO()
    output = Output(Console(file=file, force_terminal=terminal, color_system=None, width=200))

    output.print(f"first {EVIL}\nsecond {EVIL}")

    lines = file.getvalue().split("\n")
    assert [line.isprintable() for line in lines] == [True] * 3
    assert "[bold]" in lines[1]


def test_the_status_line_has_only_its_own_control_characters(monkeypatch):
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system=None, width=200)
    line = StatusLine(Output(console), "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(line, "_counts", lambda _: EVIL)

    line.show(())

    written = file.getvalue()
    assert written.removeprefix("\r").removesuffix("\x1b[K").isprintable()
