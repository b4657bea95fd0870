"""``cention workspaces``"""

from __future__ import annotations

import click

from workers.cli.context import database, json_option, load_settings_or_exit, select_workspace
from workers.cli.errors import CommandError
from workers.cli.output import (
    TableColumn,
    print_line,
    print_list,
    print_table,
    prompt,
)
from workers.config.settings import Settings
from workers.database import workspaces as addresses
from workers.operations.rules.wording import pluralise
from workers.operations.store import workspaces as store
from workers.operations.store.workspaces import StoredWorkspace

COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="address"),
    TableColumn(heading="time zone"),
    TableColumn(heading="errands", right=True),
    TableColumn(heading="last poll"),
    TableColumn(heading="in the settings"),
)
COUNT_COLUMNS = (TableColumn(heading="table"), TableColumn(heading="rows", right=True))


@click.group()
def workspaces() -> None:
    """List the workspaces in the database, move one, or delete one with all its rows."""


@workspaces.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the workspaces in the database, also those that are no longer in the settings."""
    settings = load_settings_or_exit()
    with database(settings, any_address=True) as conn:
        found = store.listed(conn)
    print_list(
        found,
        COLUMNS,
        lambda one: _row(one, settings),
        as_json=as_json,
        nothing="No workspace is stored. Run: cention migrate",
    )


@workspaces.command()
@click.argument("name")
def moved(name: str) -> None:
    """Say that workspace NAME is the same one at the address that the settings name now.

    Workers continue within half a minute.
    """
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, name)
    with database(settings, any_address=True) as conn:
        if not addresses.set_address(conn, chosen):
            raise CommandError(f"The workspace {name} is not stored yet. Run: cention migrate")
    print_line(f"The workspace {name} is at {chosen.address}.")


@workspaces.command()
@click.argument("name")
def forget(name: str) -> None:
    """Delete workspace NAME with all its rows: errands, answers, callbacks, surveys, objections.

    Shows what there is, and wants the name typed. Nothing is deleted at Cention, and nothing on the
    list of wanted records is fetched any more. Remove the workspace from the settings first.
    """
    settings = load_settings_or_exit()
    if settings.workspace(name) is not None:
        raise CommandError(
            f"The workspace {name} is in the settings, and would be stored again. Remove it there, "
            "and restart receiver, workers and beat."
        )
    with database(settings, autocommit=True, any_address=True) as conn:
        found = store.counts(conn, name)
        if not found:
            raise CommandError(f"No row belongs to {name}. See: cention workspaces list")
        print_table(COUNT_COLUMNS, list(found.items()))
        total = pluralise(sum(found.values()), "row")
        typed = prompt(f"To delete these {total} for good, type the name")
        if typed != name:
            raise CommandError("That is another name. Nothing was deleted.")
        deleted = store.delete(conn, name)
    print_line(f"{pluralise(deleted, 'row')} of the workspace {name} deleted.")


def _row(one: StoredWorkspace, settings: Settings) -> tuple[object, ...]:
    configured = settings.workspace(one.workspace)
    state = "no" if configured is None else "yes"
    if configured is not None and one.address not in (None, configured.address):
        state = f"at another address: {configured.address}"
    return (one.workspace, one.address, one.timezone, one.errands, one.polled_at, state)
