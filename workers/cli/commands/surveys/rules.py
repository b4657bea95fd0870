"""``cention surveys rules``"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from schemas.surveys.rules import RulesError, RulesFile
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    select_workspace,
    workspace_database,
    workspace_option,
)
from workers.cli.errors import CommandError, error_of_mistakes
from workers.cli.output import TableColumn, print_json, print_line, print_list, print_stderr
from workers.database import Connection
from workers.operations.jobs.survey_acts import SurveyActs
from workers.surveys.jobs import load_rules
from workers.surveys.jobs.load_rules import LoadResult
from workers.surveys.jobs.preview import UnknownRule
from workers.surveys.store import survey_rules
from workers.surveys.store.survey_rules import RuleState

COLUMNS = (
    TableColumn(heading="rule"),
    TableColumn(heading="version", right=True),
    TableColumn(heading="loaded"),
    TableColumn(heading="on since"),
)


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def rules(context: click.Context, as_json: bool, workspace: str | None) -> None:
    """List the rules in force, load others, or switch one on or off."""
    if context.invoked_subcommand is not None:
        return
    with workspace_database(workspace) as (conn, name):
        found = survey_rules.states(conn, name)
    if as_json:
        shown = [{k: v for k, v in asdict(one).items() if k != "sha256"} for one in found]
        print_json(shown)
        return
    nothing = "No rules are loaded. To load some: cention surveys rules load FILE"
    print_list(found, COLUMNS, _row, as_json=False, nothing=nothing)


@rules.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file, and load nothing.")
@json_option
@workspace_option
def load(file: Path | None, dry_run: bool, as_json: bool, workspace: str | None) -> None:
    """Check a rules FILE as a whole, and load it.

    The default for FILE is SURVEY_RULES_FILE. A file with a mistake is not loaded: every mistake
    is reported with its line. Rules that are on stay on, new ones are off.
    """
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    path = file or settings.survey_rules_file
    can_create_errands = chosen.tokens.create_errand is not None
    found = _read(path, can_create_errands=can_create_errands, as_json=as_json)
    with database(settings) as conn:
        result = load_rules.load(conn, chosen.name, found, dry_run=dry_run)
    if as_json:
        print_json({**asdict(result), "dry_run": dry_run, "mistakes": []})
    else:
        _print_result(result, dry_run=dry_run)


@rules.command()
@click.argument("name")
@workspace_option
def on(name: str, workspace: str | None) -> None:
    """Switch the rule NAME on: it invites for what happens from now on."""
    with workspace_database(workspace) as (conn, chosen):
        changed = _switch(conn, chosen, name, on=True)
    print_line(f"Rule {name} is on." if changed else f"Rule {name} was on already.")


@rules.command()
@click.argument("name")
@workspace_option
def off(name: str, workspace: str | None) -> None:
    """Switch the rule NAME off: it decides about no more errands."""
    with workspace_database(workspace) as (conn, chosen):
        changed = _switch(conn, chosen, name, on=False)
    print_line(f"Rule {name} is off." if changed else f"Rule {name} was off already.")


def _read(path: Path, *, can_create_errands: bool, as_json: bool) -> RulesFile:
    try:
        return load_rules.read_file(path, can_create_errands=can_create_errands)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except RulesError as error:
        if as_json:
            print_json({"mistakes": error.mistakes})
        raise error_of_mistakes(path, error.mistakes) from None


def _print_result(result: LoadResult, *, dry_run: bool) -> None:
    for note in result.notes:
        print_stderr(note)
    if not result.is_new:
        print_line(f"This is version {result.version}, which is in force already.")
        return
    for what, names in (
        ("New, and off", result.added),
        ("Changed", result.changed),
        ("Removed", result.removed),
    ):
        if names:
            print_line(f"{what}: {', '.join(names)}.")
    if dry_run:
        print_line("The file has no mistakes. Nothing was loaded.")
    else:
        print_line(f"Version {result.version} is in force.")


def _switch(conn: Connection, workspace: str, name: str, *, on: bool) -> bool:
    try:
        return SurveyActs(conn=conn, workspace=workspace).switch_rule(name, on=on)
    except UnknownRule:
        states = survey_rules.states(conn, workspace)
        known = ", ".join(state.name for state in states) or "none"
        raise CommandError(
            f"There is no rule {name} in the file in force. Known: {known}."
        ) from None


def _row(one: RuleState) -> tuple[object, ...]:
    return (one.name, one.version, one.loaded_at, one.on_from or "off")
