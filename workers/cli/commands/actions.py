"""``cention actions``: which notes of actions mean which events."""

from __future__ import annotations

import click

from schemas.text.printable import escape
from workers.analytics.store import action_patterns as store
from workers.analytics.store.action_patterns import ActionKind, ActionPattern, UnknownNote
from workers.cli.context import json_option, workspace_database, workspace_option
from workers.cli.output import TableColumn, print_line, print_list

PATTERNS = tuple(TableColumn(heading=name) for name in ("workspace", "kind", "pattern"))
NOTES = (TableColumn(heading="actions", right=True), TableColumn(heading="note"))


@click.group()
def actions() -> None:
    """Classify the notes of actions for analyst.errand_event."""


@actions.command()
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@json_option
@workspace_option
def unknown(limit: int, as_json: bool, workspace: str | None) -> None:
    """List the notes that no pattern knows, the most frequent first.

    Numbers are shown as #, the name of the agent as (agent). In a pattern, write % for both.
    """
    with workspace_database(workspace) as (conn, name):
        found = store.unknown_notes(conn, name, limit=limit)
    print_list(found, NOTES, _note, as_json=as_json, nothing="Every note is known.")


@actions.group()
def patterns() -> None:
    """List, add and remove patterns."""


@patterns.command("list")
@json_option
@workspace_option
def list_(as_json: bool, workspace: str | None) -> None:
    """List the patterns, in the order in which they count; * is for all workspaces."""
    with workspace_database(workspace) as (conn, name):
        found = store.patterns(conn, name)
    print_list(found, PATTERNS, _pattern, as_json=as_json, nothing="There is no pattern.")


@patterns.command()
@click.argument("kind", type=click.Choice([kind.value for kind in ActionKind]))
@click.argument("pattern")
@workspace_option
def add(kind: str, pattern: str, workspace: str | None) -> None:
    """Classify the notes like PATTERN as KIND; ignored is for notes that are no event.

    In PATTERN, % stands for any text and _ for one character. Case does not matter. A note that
    means several events needs its pattern once for each. A pattern counts for the actions that
    are stored already as well.
    """
    if not pattern.strip("%") or pattern.endswith("\\"):
        raise click.UsageError("PATTERN must have a text, and must not end with a backslash.")
    with workspace_database(workspace) as (conn, name):
        store.set_pattern(conn, name, pattern, ActionKind(kind))
    print_line(f"Notes like {escape(pattern)} are {kind}.")


@patterns.command()
@click.argument("pattern")
@workspace_option
def remove(pattern: str, workspace: str | None) -> None:
    """Remove PATTERN of the workspace. Those of all workspaces stay; add one that overrides it."""
    with workspace_database(workspace) as (conn, name):
        removed = store.remove_pattern(conn, name, pattern)
    if not removed:
        raise click.ClickException(f"The workspace has no pattern {pattern}.")
    print_line(f"Pattern {escape(pattern)} is removed.")


def _pattern(one: ActionPattern) -> tuple[str, ...]:
    return one.workspace, one.kind, escape(one.pattern)


def _note(one: UnknownNote) -> tuple[str, ...]:
    return str(one.actions), escape(one.note)
