"""``cention exports``"""

from __future__ import annotations

from datetime import date

import click

from schemas.cention.exports import ExportOrder
from schemas.errors import DocumentError
from workers import wiring
from workers.cli.context import (
    database,
    json_option,
    one_workspace,
    settings_of_this_place,
    some_workspaces,
    workspace_option,
)
from workers.cli.day_options import day_options, told
from workers.cli.errors import Trouble
from workers.cli.output import Column, note, say, say_list
from workers.cli.tokens import client_of
from workers.clients.errors import ApiError
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.mirrors.jobs import exports as job
from workers.mirrors.jobs.exports import Exporting
from workers.mirrors.store import exports as stored
from workers.mirrors.store.exports import ExportRun
from workers.operations.rules.wording import pluralise
from workers.sync.jobs.retry import with_backoff

COLUMNS = (
    Column(heading="workspace"),
    Column(heading="run", right=True),
    Column(heading="asked by"),
    Column(heading="preset"),
    Column(heading="from"),
    Column(heading="to"),
    Column(heading="days of"),
    Column(heading="state"),
    Column(heading="started"),
    Column(heading="errands", right=True),
    Column(heading="unread-\nable", right=True),
    Column(heading="error"),
)


@click.group(invoke_without_command=True)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@json_option
@workspace_option
@click.pass_context
def exports(context: click.Context, limit: int, as_json: bool, workspace: str | None) -> None:
    """List the newest exports, or run one."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_of_this_place()
    chosen = some_workspaces(settings, workspace)
    with database(settings, autocommit=True) as conn:
        for each in chosen:
            job.note_deaths(lambda: database(settings, autocommit=True), each.name)
        found = stored.newest(conn, workspace, limit=limit)
    say_list(found, COLUMNS, _row, as_json=as_json, nothing="No export was ever run here.")


@exports.command()
@click.argument("preset")
@day_options(required=False)
@workspace_option
def run(
    preset: str, first: date | None, last: date | None, by_closure: bool, workspace: str | None
) -> None:
    """Have Cention make the export with the id PRESET, and store its errands.

    Without a first or a last day it has no beginning or no end. Whether Cention counts the last day
    in is not documented: if in doubt, ask for one more. Each run leaves a generated export behind
    at Cention, so none is repeated unless you do.
    """
    order = order_of(preset, first, last, by_closure=by_closure)
    settings = settings_of_this_place()
    exporting = exporting_of(settings, one_workspace(settings, workspace))
    note(f"Cention makes the export; this may take up to {settings.export_timeout_s} s.")
    try:
        ran = job.run(exporting, order, origin="command")
    except (ApiError, DocumentError) as error:
        raise trouble_of(error, settings) from None
    say(f"{pluralise(ran.errands, 'errand')} stored: run {ran.run_id} of cention.exported_errand.")
    if ran.unreadable:
        rows = pluralise(ran.unreadable, "row")
        note(f"{rows} could not be read wholly, and is kept as it came.")


def order_of(
    preset: str, first: date | None, last: date | None, *, by_closure: bool
) -> ExportOrder:
    """Return the export that is meant. Raises ``click.UsageError``."""
    try:
        return ExportOrder(preset_id=preset, from_day=first, to_day=last, by_closure=by_closure)
    except ValueError as error:
        raise click.UsageError(f"{str(error).capitalize()}.") from None


def exporting_of(settings: Settings, workspace: WorkspaceSettings) -> Exporting:
    """Return what exports need; what was surely not made is asked for again a few times.

    Notes what became of exports whose process died. Raises ``Trouble``.
    """
    api = client_of("export", wiring.exports_api, settings, workspace)
    exporting = Exporting(
        workspace=workspace.name,
        zone=workspace.timezone,
        ask=lambda order: with_backoff(lambda: api.run(order), idempotent=False),
        session=lambda: database(settings, autocommit=True),
    )
    job.note_deaths(exporting.session, workspace.name)
    return exporting


def trouble_of(error: ApiError | DocumentError, settings: Settings) -> Trouble:
    """Say in words how an export ended, and what that means."""
    if not job.is_unknown(error):
        return Trouble(f"Cention did not make the export: {error}.")
    return Trouble(
        f"Cention may have made the export, but it is not here: {error}.\n"
        "Repeating it does no harm but leave another generated export at Cention. If it is too "
        f"large or takes more than {settings.export_timeout_s} s, ask for fewer days, or set "
        "EXPORT_MAX_BYTES or EXPORT_TIMEOUT_S."
    )


def _row(one: ExportRun) -> tuple[object, ...]:
    return (
        one.workspace,
        one.run_id,
        one.origin,
        one.preset_id,
        told(one.from_day),
        told(one.to_day),
        "closure" if one.by_closure else "arrival",
        one.state,
        one.started_at,
        one.errands,
        one.unreadable,
        one.error,
    )
