"""``cention reconcile``"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import click

from workers import wiring
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    select_workspaces,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.output import TableColumn, print_json, print_line, print_stderr, print_table
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.operations.jobs.nudges import request_drains
from workers.operations.rules.wording import pluralise
from workers.sync.jobs import reconcile as job
from workers.sync.store import completeness
from workers.sync.store.completeness import Day, MissingRecord

MAX_SHOWN = 20
COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="family"),
    TableColumn(heading="day"),
    TableColumn(heading="re-\nported", right=True),
    TableColumn(heading="stored", right=True),
    TableColumn(heading="pend-\ning", right=True),
    TableColumn(heading="parked", right=True),
    TableColumn(heading="unread-\nable", right=True),
    TableColumn(heading="gone", right=True),
    TableColumn(heading="miss-\ning", right=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The counts, and the records that were missing before the repair."""

    days: Sequence[Day]
    missing: Sequence[MissingRecord]
    repaired: bool


@click.command()
@click.option("--repair", is_flag=True, help="Have missing records fetched now.")
@click.option(
    "--mark-changed",
    is_flag=True,
    help="With --repair: also set the change flag of the missing errands in Cention.",
)
@json_option
@workspace_option
def reconcile(repair: bool, mark_changed: bool, as_json: bool, workspace: str | None) -> None:
    """Compare what Cention reported with what is stored, day by day.

    A record is missing if Cention reported it, but it was neither fetched since nor is on the list
    of records to fetch. Exit status 1 means that records are missing. Parked records stay parked:
    see cention parked.
    """
    if mark_changed and not repair:
        raise click.UsageError("--mark-changed needs --repair.")
    settings = load_settings_or_exit()
    chosen = select_workspaces(settings, workspace)
    with database(settings) as conn:
        missing = job.reconcile(conn, workspace)
        if repair:
            job.repair(conn, missing)
        days = completeness.days(conn, workspace)
    result = Reconciled(days=days, missing=missing, repaired=repair)
    if as_json:
        print_json(result)
    else:
        print_result(result)
    if repair:
        print_stderr(
            request_drains(settings, sorted({(one.workspace, one.family) for one in missing}))
        )
    if mark_changed:
        _mark_changed(settings, chosen, missing)
    if missing and not repair:
        raise click.exceptions.Exit(1)


def print_result(result: Reconciled) -> None:
    """Print the days, and below them the missing records."""
    rows = [
        (
            day.workspace,
            day.family,
            day.day,
            day.reported,
            day.stored,
            day.pending,
            day.parked,
            day.unreadable,
            day.gone,
            day.missing,
        )
        for day in result.days
    ]
    if rows:
        print_table(COLUMNS, rows)
    else:
        print_line("No workspace is set up. Run: cention migrate")
    for one in result.missing[:MAX_SHOWN]:
        print_line(f"MISSING  {one.workspace} {one.family} {one.remote_id}", style="bold red")
    if len(result.missing) > MAX_SHOWN:
        print_line(f"         and {len(result.missing) - MAX_SHOWN:,} more")
    if not result.missing:
        print_line("Nothing is missing.", style="green")
    elif result.repaired:
        print_line(f"{pluralise(len(result.missing), 'missing record')} will be fetched again.")
    else:
        print_line("To have them fetched: cention reconcile --repair")


def _mark_changed(
    settings: Settings, chosen: Collection[WorkspaceSettings], missing: Sequence[MissingRecord]
) -> None:
    for workspace in chosen:
        ids = [
            one.remote_id
            for one in missing
            if (one.workspace, one.family) == (workspace.name, Family.ERRAND_REPORTS)
        ]
        if not ids:
            continue
        try:
            api = wiring.errand_data(settings, workspace)
            if api is None:
                raise CommandError(
                    f"{workspace.name} has no token for errand data: nothing was marked."
                )
            api.mark_changed(ids)
        except (ApiError, ValueError) as error:
            raise CommandError(
                f"The records will be fetched again, but could not be marked in Cention: {error}."
            ) from None
        print_stderr(f"{pluralise(len(ids), 'errand')} marked as changed at Cention.")
