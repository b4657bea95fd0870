"""``cention renormalise``"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import click

from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    select_workspaces,
    workspace_option,
)
from workers.cli.output import TableColumn, print_json, print_line, print_table
from workers.cli.progress import progress
from workers.config.names import Family
from workers.config.workspaces import WorkspaceSettings
from workers.database import Connection
from workers.operations.rules.wording import pluralise
from workers.sync.jobs import refile_callbacks
from workers.sync.jobs import renormalise as job
from workers.sync.jobs.parsers import all_parsers
from workers.sync.jobs.rebuild_report import RebuildReport
from workers.sync.store import callbacks, landed

NAMES = (*(family.value for family in Family), refile_callbacks.NAME)
COLUMNS = (
    TableColumn(heading="table"),
    TableColumn(heading="added", right=True),
    TableColumn(heading="changed", right=True),
    TableColumn(heading="removed", right=True),
)


@click.command()
@click.argument("families", nargs=-1, type=click.Choice(NAMES), metavar="[FAMILY]...")
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@json_option
@workspace_option
def renormalise(
    families: tuple[str, ...], dry_run: bool, as_json: bool, workspace: str | None
) -> None:
    """Rebuild rows from the stored documents, for instance after an update.

    Nothing is requested from Cention. FAMILY is errand_reports, facebook_ratings,
    response_attachments, area_archives, library_attachments or callbacks; default: all of them.
    May be run and interrupted at any time.
    """
    settings = load_settings_or_exit()
    chosen = select_workspaces(settings, workspace)
    with database(settings, autocommit=True) as conn:
        remade = [
            one
            for each in chosen
            for one in _remake(conn, each, families or NAMES, dry_run=dry_run)
        ]
    if as_json:
        print_json({"dry_run": dry_run, "families": remade})
    else:
        for one in remade:
            _print_report(one, dry_run=dry_run)


def _remake(
    conn: Connection, workspace: WorkspaceSettings, names: Collection[str], *, dry_run: bool
) -> Iterator[RebuildReport]:
    for reading in all_parsers(zone=workspace.timezone):
        total = landed.count(conn, workspace.name, reading.family)
        if reading.family in names and total:
            with progress(f"{workspace.name} {reading.family}", total) as advance:
                yield job.renormalise(
                    reading, workspace.name, conn, dry_run=dry_run, progress=advance
                )
    total = callbacks.count(conn, workspace.name)
    if refile_callbacks.NAME in names and total:
        with progress(f"{workspace.name} {refile_callbacks.NAME}", total) as advance:
            yield refile_callbacks.refile(workspace.name, conn, dry_run=dry_run, progress=advance)


def _print_report(remade: RebuildReport, *, dry_run: bool) -> None:
    would = "would be" if dry_run else "was"
    changes = "" if remade.tables else f"; no row {would} changed"
    documents = pluralise(remade.documents, "document")
    print_line(f"{remade.workspace} {remade.family}: {documents} read{changes}.", style="bold")
    if remade.tables:
        rows = [(one.table, one.added, one.changed, one.removed) for one in remade.tables]
        print_table(COLUMNS, rows)
    for number, thing, what in (
        (remade.readable_now, "document", "can be read now, but could not before"),
        (remade.unreadable_now, "document", "can no longer be read; the rows stay"),
        (remade.wanted, "record", f"{would} put on the list of records to fetch"),
    ):
        if number:
            print_line(f"  {pluralise(number, thing)} {what}.", hanging=2)
