"""``cention parked``"""

from __future__ import annotations

import click

from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    optional_workspace_database,
    select_workspace,
    workspace_option,
)
from workers.cli.ids import read_ids
from workers.cli.output import TableColumn, print_line, print_list, print_stderr
from workers.config.names import Family
from workers.operations.jobs.repairs import Repairs
from workers.operations.rules.wording import pluralise
from workers.sync.store import wanted
from workers.sync.store.wanted import ParkedLine

MAX_SHOWN = 10
COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="family"),
    TableColumn(heading="id", right=True),
    TableColumn(heading="since"),
    TableColumn(heading="tries", right=True),
    TableColumn(heading="last error"),
)


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def parked(context: click.Context, as_json: bool, workspace: str | None) -> None:
    """List parked records, or have them fetched again.

    A record is parked if it failed too often, or if Cention rejected it for good.
    """
    if context.invoked_subcommand is not None:
        return
    with optional_workspace_database(workspace) as conn:
        found = wanted.parked(conn, workspace)
    if print_list(found, COLUMNS, _row, as_json=as_json, nothing="Nothing is parked."):
        print_line(
            f"{pluralise(len(found), 'record')} parked. To try again: cention parked retry FAMILY"
        )


@parked.command()
@click.argument("family", required=False, type=click.Choice([family.value for family in Family]))
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Records of all families.")
@workspace_option
def retry(
    family: str | None, ids: tuple[str, ...], everything: bool, workspace: str | None
) -> None:
    """Release parked records, so that they are fetched again.

    FAMILY with IDs releases those records; without IDs, all records of the family. ID is a number,
    a range such as 5-9, or - to read ids from standard input.
    """
    if everything == (family is not None):
        raise click.UsageError("Give a family, or add --all for all of them.")
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    named = read_ids(ids) if ids else None
    with database(settings) as conn:
        released, problem = Repairs(conn=conn, settings=settings).release_parked(
            chosen.name, Family(family) if family else None, named
        )
    print_line(f"{pluralise(len(released), 'record')} released.")
    print_stderr(problem)
    missed = sorted(set(named or ()) - {remote_id for _, remote_id in released})
    if missed:
        shown = ", ".join(map(str, missed[:MAX_SHOWN]))
        more = f" and {len(missed) - MAX_SHOWN} more" if len(missed) > MAX_SHOWN else ""
        print_stderr(f"Not parked: {shown}{more}.")
        raise click.exceptions.Exit(1)


def _row(one: ParkedLine) -> tuple[object, ...]:
    return (one.workspace, one.family, one.remote_id, one.parked_at, one.tries, one.last_error)
