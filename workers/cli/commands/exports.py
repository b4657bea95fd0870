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
    load_settings_or_exit,
    select_workspace,
    select_workspaces,
    workspace_option,
)
from workers.cli.day_options import day_options, format_date
from workers.cli.errors import CommandError
from workers.cli.output import TableColumn, print_line, print_list, print_stderr
from workers.cli.tokens import require_client
from workers.clients.errors import ApiError
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.mirrors.jobs import exports as job
from workers.mirrors.jobs.exports import ExportContext
from workers.mirrors.store import exports as stored
from workers.mirrors.store.exports import ExportRun
from workers.operations.rules.wording import pluralise
from workers.sync.jobs.retry import with_backoff

COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="run", right=True),
    TableColumn(heading="origin"),
    TableColumn(heading="preset"),
    TableColumn(heading="from"),
    TableColumn(heading="to"),
    TableColumn(heading="days of"),
    TableColumn(heading="state"),
    TableColumn(heading="started"),
    TableColumn(heading="errands", right=True),
    TableColumn(heading="unread-\nable", right=True),
    TableColumn(heading="error"),
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
    settings = load_settings_or_exit()
    chosen = select_workspaces(settings, workspace)
    with database(settings, autocommit=True) as conn:
        for each in chosen:
            job.mark_abandoned(lambda: database(settings, autocommit=True), each.name)
        found = stored.newest(conn, workspace, limit=limit)
    print_list(found, COLUMNS, _row, as_json=as_json, nothing="No export has been run.")


@exports.command()
@click.argument("preset")
@day_options(required=False)
@workspace_option
def run(
    preset: str, first: date | None, last: date | None, by_closure: bool, workspace: str | None
) -> None:
    """Run the export with the id PRESET in Cention, and store its errands.

    Without --from the period has no first day, without --to no last day. Cention does not document
    whether it includes the last day: if in doubt, give one day more. Each run leaves a generated
    export in Cention, so a failed run is not repeated automatically.
    """
    order = order_of(preset, first, last, by_closure=by_closure)
    settings = load_settings_or_exit()
    context = export_context(settings, select_workspace(settings, workspace))
    print_stderr(
        f"Cention is generating the export; this may take up to {settings.export_timeout_s} s."
    )
    try:
        ran = job.run(context, order, origin="command")
    except (ApiError, DocumentError) as error:
        raise command_error(error, settings) from None
    print_line(
        f"{pluralise(ran.errands, 'errand')} stored: run {ran.run_id} of cention.exported_errand."
    )
    if ran.unreadable:
        rows = pluralise(ran.unreadable, "row")
        print_stderr(f"{rows} could only be read in part; each is stored as received.")


def order_of(
    preset: str, first: date | None, last: date | None, *, by_closure: bool
) -> ExportOrder:
    """Return the order for an export. Raises ``click.UsageError``."""
    try:
        return ExportOrder(preset_id=preset, from_day=first, to_day=last, by_closure=by_closure)
    except ValueError as error:
        raise click.UsageError(f"{str(error).capitalize()}.") from None


def export_context(settings: Settings, workspace: WorkspaceSettings) -> ExportContext:
    """Return the context of exports; requests that certainly made no export are repeated.

    Marks exports whose process died as unknown. Raises ``CommandError``.
    """
    api = require_client("export", wiring.exports_api, settings, workspace)
    context = ExportContext(
        workspace=workspace.name,
        zone=workspace.timezone,
        request=lambda order: with_backoff(lambda: api.run(order), idempotent=False),
        session=lambda: database(settings, autocommit=True),
        scheduled_preset=workspace.export_preset,
    )
    job.mark_abandoned(context.session, workspace.name)
    return context


def command_error(error: ApiError | DocumentError, settings: Settings) -> CommandError:
    """Return the error of a failed export, with what to do."""
    if not job.outcome_unknown(error):
        return CommandError(f"Cention did not make the export: {error}.")
    return CommandError(
        f"Cention may have made the export, but it was not stored: {error}.",
        "It is safe to repeat it; that leaves another generated export in Cention. If it is too "
        f"large or takes more than {settings.export_timeout_s} s, ask for fewer days, or set "
        "EXPORT_MAX_BYTES or EXPORT_TIMEOUT_S.",
    )


def _row(one: ExportRun) -> tuple[object, ...]:
    return (
        one.workspace,
        one.run_id,
        one.origin,
        one.preset_id,
        format_date(one.from_day),
        format_date(one.to_day),
        "closure" if one.by_closure else "arrival",
        one.state,
        one.started_at,
        one.errands,
        one.unreadable,
        one.error,
    )
