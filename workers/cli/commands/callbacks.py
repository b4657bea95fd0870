"""``cention callbacks``"""

from __future__ import annotations

import click

from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    optional_workspace_database,
    select_workspaces,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.ids import MAX_ID, read_ids
from workers.cli.output import TableColumn, print_json, print_line, print_list, print_stderr
from workers.operations.jobs.repairs import Repairs
from workers.operations.rules.wording import pluralise
from workers.sync.store import callbacks as inbox
from workers.sync.store.callbacks import CallbackLine

COLUMNS = (
    TableColumn(heading="id", right=True),
    TableColumn(heading="workspace"),
    TableColumn(heading="received"),
    TableColumn(heading="event", right=True),
    TableColumn(heading="errand", right=True),
    TableColumn(heading="filed, or problem"),
)


@click.group(invoke_without_command=True)
@click.option("--problems", is_flag=True, help="Only callbacks that could not be filed.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1))
@json_option
@workspace_option
@click.pass_context
def callbacks(
    context: click.Context, problems: bool, limit: int, as_json: bool, workspace: str | None
) -> None:
    """List callbacks, newest first, or have them filed again."""
    if context.invoked_subcommand is not None:
        return
    with optional_workspace_database(workspace) as conn:
        found = inbox.listed(conn, problems_only=problems, limit=limit, workspace=workspace)
    nothing = "No callback has a problem." if problems else "No callback has been received."
    print_list(found, COLUMNS, _row, as_json=as_json, nothing=nothing)


@callbacks.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--problems", is_flag=True, help="All callbacks that could not be filed.")
@workspace_option
def replay(ids: tuple[str, ...], problems: bool, workspace: str | None) -> None:
    """Have callbacks filed again, by ID or all that have a problem.

    ID is a number from the list, a range such as 5-9, or - to read ids from standard input.
    """
    if problems == bool(ids):
        raise click.UsageError("Give ids from the list, or add --problems.")
    settings = load_settings_or_exit()
    select_workspaces(settings, workspace)
    named = read_ids(ids)
    with database(settings) as conn:
        chosen = inbox.with_problem(conn, workspace) if problems else named
        conn.commit()  # before the job has a transaction of its own
        found, problem = Repairs(conn=conn, settings=settings).file_again(chosen)
    print_line(f"{pluralise(found, 'callback')} will be filed again.")
    print_stderr(problem)
    if found < len(chosen):
        missed = pluralise(len(chosen) - found, "id")
        print_stderr(f"No such callback, or its document was deleted: {missed}.")
        raise click.exceptions.Exit(1)


@callbacks.command()
@click.argument("callback_id", metavar="ID", type=click.IntRange(1, MAX_ID))
def show(callback_id: int) -> None:
    """Print one callback as JSON: its problem, and the document as received, less the secret."""
    with optional_workspace_database(None) as conn:
        found = inbox.read(conn, callback_id)
    if found is None:
        raise CommandError(f"No callback {callback_id}. See: cention callbacks")
    print_json(found)


@callbacks.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def dismiss(ids: tuple[str, ...]) -> None:
    """Stop showing callbacks that cannot be filed; their documents stay.

    ID is a number from the list, a range such as 5-9, or - to read ids from standard input.
    """
    named = read_ids(ids)
    settings = load_settings_or_exit()
    with database(settings) as conn:
        found = Repairs(conn=conn, settings=settings).dismiss_callbacks(named)
    print_line(f"{pluralise(found, 'callback')} dismissed.")
    if found < len(named):
        print_stderr(
            f"No such callback, or it has no problem: {pluralise(len(named) - found, 'id')}."
        )
        raise click.exceptions.Exit(1)


def _row(one: CallbackLine) -> tuple[object, ...]:
    filed = one.filed_at or "not filed yet"
    return (
        one.callback_id,
        one.workspace,
        one.received_at,
        one.event,
        one.errand,
        one.problem or filed,
    )
