"""``cention reconcile``"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import click

from workers import wiring
from workers.cli.context import (
    database,
    json_option,
    settings_of_this_place,
    some_workspaces,
    workspace_option,
)
from workers.cli.errors import Trouble
from workers.cli.output import Column, note, say, say_json, say_table
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.operations.jobs.nudges import request_drains
from workers.operations.rules.wording import pluralise
from workers.sync.jobs import reconcile as job
from workers.sync.store import completeness
from workers.sync.store.completeness import Day, MissingRecord

LISTED = 20
COLUMNS = (
    Column(heading="workspace"),
    Column(heading="family"),
    Column(heading="day"),
    Column(heading="re-\nported", right=True),
    Column(heading="stored", right=True),
    Column(heading="pend-\ning", right=True),
    Column(heading="parked", right=True),
    Column(heading="unread-\nable", right=True),
    Column(heading="gone", right=True),
    Column(heading="miss-\ning", right=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What was counted, and what was missing before it was repaired."""

    days: Sequence[Day]
    missing: Sequence[MissingRecord]
    repaired: bool


@click.command()
@click.option("--repair", is_flag=True, help="Have what is missing fetched now.")
@click.option(
    "--mark-changed",
    is_flag=True,
    help="With --repair: also have Cention list the missing errands as changed.",
)
@json_option
@workspace_option
def reconcile(repair: bool, mark_changed: bool, as_json: bool, workspace: str | None) -> None:
    """Hold what Cention reported against what is here, day by day.

    A record is missing if Cention reported it and it was neither fetched since nor waits to be.
    Exit status 1 means that records are missing. Parked records stay parked: see cention parked.
    """
    if mark_changed and not repair:
        raise click.UsageError("--mark-changed needs --repair.")
    settings = settings_of_this_place()
    chosen = some_workspaces(settings, workspace)
    with database(settings) as conn:
        lost = job.reconcile(conn, workspace)
        if repair:
            job.repair(conn, lost)
        days = completeness.days(conn, workspace)
    result = Reconciled(days=days, missing=lost, repaired=repair)
    if as_json:
        say_json(result)
    else:
        show(result)
    if repair:
        note(request_drains(settings, sorted({(one.workspace, one.family) for one in lost})))
    if mark_changed:
        _mark_changed(settings, chosen, lost)
    if lost and not repair:
        raise click.exceptions.Exit(1)


def show(result: Reconciled) -> None:
    """Write the days, and below them what is missing."""
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
        say_table(COLUMNS, rows)
    else:
        say("No workspace was ever set up here. Run: cention migrate")
    for one in result.missing[:LISTED]:
        say(f"MISSING  {one.workspace} {one.family} {one.remote_id}", style="bold red")
    if len(result.missing) > LISTED:
        say(f"         and {len(result.missing) - LISTED:,} more")
    if not result.missing:
        say("Nothing is missing.", style="green")
    elif result.repaired:
        say(f"{pluralise(len(result.missing), 'missing record')} wanted again.")
    else:
        say("To have them fetched: cention reconcile --repair")


def _mark_changed(
    settings: Settings, chosen: Collection[WorkspaceSettings], lost: Sequence[MissingRecord]
) -> None:
    for workspace in chosen:
        ids = [
            one.remote_id
            for one in lost
            if (one.workspace, one.family) == (workspace.name, Family.ERRAND_REPORTS)
        ]
        if not ids:
            continue
        try:
            api = wiring.errand_data(settings, workspace)
            if api is None:
                raise Trouble(f"{workspace.name} has no token for errand data: nothing is marked.")
            api.mark_changed(ids)
        except (ApiError, ValueError) as error:
            raise Trouble(f"Wanted again here, but not marked at Cention: {error}.") from None
        note(f"{pluralise(len(ids), 'errand')} marked as changed at Cention.")
