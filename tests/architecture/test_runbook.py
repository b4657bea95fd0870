"""``deploy/docs/runbook.md``: every alarm leads to an entry, and every command in it can be run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pytest
from celery.bin.celery import celery
from gunicorn.config import Config

from tests.support import runbook
from workers.cli.registry import cention

ROOT = Path(__file__).parents[2]
ENTRIES = runbook.entries()
STATES = re.compile(r"^ +WHEN '([a-z ]+)' THEN", re.MULTILINE)
# Figures that are no alarm.
QUIET_GAUGES = {
    *("cention_wanted", "cention_wanted_due", "cention_callbacks_unfiled"),
    *("cention_survey_due", "cention_survey_sending"),
    *("cention_survey_decisions_total", "cention_survey_answers_total"),
}


def understand(program: click.Command, words: Sequence[str], *, values: bool = True) -> None:
    """Parse a command line as its program does, with all options, without running it.

    Raises ``click.UsageError``. Without ``values`` they are not checked, only the options.
    """
    context = click.Context(program)
    _, rest, _ = program.make_parser(context).parse_args(list(words))
    if isinstance(program, click.Group) and rest:
        command = program.get_command(context, rest[0])
        if command is None:
            raise click.UsageError(f"no such command: {rest[0]}")
        understand(command, rest[1:], values=values)
    elif isinstance(program, click.Group) and not program.invoke_without_command:
        raise click.UsageError("no command")
    elif values:
        program.make_context(None, list(words))


def understand_gunicorn(words: Sequence[str]) -> None:
    found = Config().parser().parse_args(list(words))
    assert (ROOT / found.config).is_file()
    assert found.args == ["wsgi:app"]


READERS: dict[str, Callable[[Sequence[str]], object]] = {
    "cention": lambda words: understand(cention, words),
    "celery": lambda words: understand(celery, words, values=False),
    "gunicorn": understand_gunicorn,
    "psql": lambda words: None,
}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_an_entry_has_a_sign_a_cause_and_one_command(entry):
    assert re.findall(r"^\*\*(\w+)\.\*\*", entry.text, re.MULTILINE) == [
        "Sign",
        "Cause",
        "Command",
    ]
    assert len(entry.commands) == 1


@pytest.mark.parametrize(
    "command", [*(c for e in ENTRIES for c in e.commands), *runbook.mentioned()]
)
def test_every_command_and_its_options_exist(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mailbox.mbox").touch()  # which a command takes

    for program, *words in runbook.programs(command):
        READERS[program](words)


@pytest.mark.parametrize(
    "wrong", ["frobnicate", "status --loud", "parked forget", "want errands 5", "want", "poll 7"]
)
def test_a_command_that_does_not_exist_is_reported(wrong):
    with pytest.raises(click.UsageError):
        understand(cention, wrong.split())


def test_every_state_that_analysts_may_see_leads_to_an_entry():
    view = (ROOT / "workers" / "database" / "views" / "0007_freshness.sql").read_text("utf-8")
    states = set(STATES.findall(view))

    assert {"missing", "stalled", "behind"} <= states
    signs = {
        sign
        for row in re.findall(r"^\|(.+?)\|", runbook.TEXT, re.MULTILINE)
        for sign in row.split("`")
    }
    assert states <= signs


def test_every_alarm_leads_to_an_entry():
    source = (ROOT / "workers" / "operations" / "store" / "gauges.py").read_text("utf-8")
    families, rest = source.split("def _of_inbox", 1)
    inboxes, rest = rest.split("def _of_queue", 1)
    queues, figures = rest.split("def _of_figures", 1)
    row = re.compile(r'^        \(\s*"(\w+)",\s*"', re.M)
    names = {f"cention_{name}" for name in row.findall(families)}
    names |= {f"cention_callbacks_{name}" for name in row.findall(inboxes)}
    names |= set(re.findall(r'name="(cention_\w+)"', queues))
    names |= {f"cention_survey_{n}" for n in re.findall(r'^        \("(\w+)", "', queues, re.M)}
    names |= {f"cention_figures_{name}" for name in row.findall(figures)}

    assert len(names) > 8
    rows = "\n".join(re.findall(r"^\| `cention_.*$", runbook.TEXT, re.MULTILINE))
    assert {name for name in names - QUIET_GAUGES if f"`{name}`" not in rows} == set()


def test_every_link_leads_to_an_entry():
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", entry.title.lower()).replace(" ", "-") for entry in ENTRIES
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", runbook.TEXT)) <= anchors


def test_every_command_that_status_advises_is_in_the_runbook():
    alerts = (ROOT / "workers" / "operations" / "jobs" / "alerts.py").read_text("utf-8")
    advised = set(re.findall(r'"((?:cention|celery) [^"]+)"', alerts))

    assert len(advised) > 5
    with_names = {command.replace("{one.workspace}", "demo") for command in advised}
    assert {command for command in with_names if command not in runbook.TEXT} == set()
