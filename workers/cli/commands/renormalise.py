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
        reports = [
            report
            for each in chosen
            for report in _rebuild(conn, each, families or NAMES, dry_run=dry_run)
        ]
    if as_json:
        print_json({"dry_run": dry_run, "families": reports})
    else:
        for report in reports:
            _print_report(report, dry_run=dry_run)


def _rebuild(
    conn: Connection, workspace: WorkspaceSettings, names: Collection[str], *, dry_run: bool
) -> Iterator[RebuildReport]:
    for parser in all_parsers(zone=workspace.timezone):
        total = landed.count(conn, workspace.name, parser.family)
        if parser.family in names and total:
            with progress(f"{workspace.name} {parser.family}", total) as advance:
                yield job.renormalise(
                    parser, workspace.name, conn, dry_run=dry_run, progress=advance
                )
    total = callbacks.count(conn, workspace.name)
    if refile_callbacks.NAME in names and total:
        with progress(f"{workspace.name} {refile_callbacks.NAME}", total) as advance:
            yield refile_callbacks.refile(workspace.name, conn, dry_run=dry_run, progress=advance)


def _print_report(report: RebuildReport, *, dry_run: bool) -> None:
    would = "would be" if dry_run else "was"
    changes = "" if report.tables else f"; no row {would} changed"
    documents = pluralise(report.documents, "document")
    print_line(f"{report.workspace} {report.family}: {documents} read{changes}.", style="bold")
    if report.tables:
        rows = [(one.table, one.added, one.changed, one.removed) for one in report.tables]
        print_table(COLUMNS, rows)
    for number, thing, what in (
        (report.readable_now, "document", "can be read now, but could not before"),
        (report.unreadable_now, "document", "can no longer be read; the rows stay"),
        (report.wanted, "record", f"{would} put on the list of records to fetch"),
    ):
        if number:
            print_line(f"  {pluralise(number, thing)} {what}.", hanging=2)
