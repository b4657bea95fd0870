"""``cention unreadable``"""

from __future__ import annotations

import click

from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    optional_workspace_database,
    select_workspace,
    workspace_database,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.ids import MAX_ID, read_ids
from workers.cli.output import TableColumn, print_json, print_line, print_list, print_stderr
from workers.config.names import Family, Mirror
from workers.operations.jobs.repairs import Repairs
from workers.operations.rules.wording import pluralise
from workers.sync.store import landed
from workers.sync.store.landed import UnreadableLine

FAMILIES = click.Choice([family.value for family in Family])
COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="family"),
    TableColumn(heading="id", right=True),
    TableColumn(heading="since"),
    TableColumn(heading="problem"),
)


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def unreadable(context: click.Context, as_json: bool, workspace: str | None) -> None:
    """List stored documents that could not be read, show one, or dismiss some."""
    if context.invoked_subcommand is not None:
        return
    with optional_workspace_database(workspace) as conn:
        found = landed.unreadable(conn, workspace)
    if print_list(found, COLUMNS, _row, as_json=as_json, nothing="Every document could be read."):
        print_line(
            f"{pluralise(len(found), 'document')}, stored as received. "
            "After an update of the bridge: cention renormalise"
        )
        if any(one.family == Mirror.AGENT_LOGONS for one in found):
            print_line(
                "Entries without an id are rows of the log-on log. To see them: cention logons odd"
            )


@unreadable.command()
@click.argument("family", type=FAMILIES)
@click.argument("remote_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@workspace_option
def show(family: str, remote_id: int, workspace: str | None) -> None:
    """Print one document of FAMILY as JSON, as it was received, with its problem."""
    with workspace_database(workspace) as (conn, name):
        found = landed.read(conn, name, Family(family), remote_id)
    if found is None:
        raise CommandError(f"No document {remote_id} of {family} is stored for {name}.")
    print_json(found)


@unreadable.command()
@click.argument("family", type=FAMILIES)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@workspace_option
def dismiss(family: str, ids: tuple[str, ...], workspace: str | None) -> None:
    """Stop showing documents of FAMILY; they stay, and are read again by cention renormalise.

    ID is an id from the list, a range such as 5-9, or - to read ids from standard input.
    """
    named = read_ids(ids)
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    with database(settings) as conn:
        repairs = Repairs(conn=conn, settings=settings)
        found = repairs.dismiss_documents(chosen.name, Family(family), named)
    print_line(f"{pluralise(len(found), 'document')} dismissed.")
    if len(found) < len(named):
        missed = pluralise(len(named) - len(found), "id")
        print_stderr(f"No such document, or it could be read: {missed}.")
        raise click.exceptions.Exit(1)


def _row(one: UnreadableLine) -> tuple[object, ...]:
    return (one.workspace, one.family, one.remote_id, one.fetched_at, one.problem)
