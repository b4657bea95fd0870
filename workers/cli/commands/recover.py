"""``cention recover``"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import click

from schemas.errors import DocumentError
from workers import wiring
from workers.cli.commands.backfill import BackfillProgress
from workers.cli.commands.exports import command_error, export_context, order_of
from workers.cli.context import database, load_settings_or_exit, select_workspace, workspace_option
from workers.cli.dates import METAVAR, read_moment
from workers.cli.day_options import Span, format_date
from workers.cli.errors import CommandError
from workers.cli.output import print_line, print_stderr
from workers.cli.progress import progress
from workers.cli.tokens import require_client
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.mirrors.jobs import backfill
from workers.mirrors.jobs.backfill import Backfill
from workers.operations.jobs import adopt_spool, recovery
from workers.operations.jobs.adopt_spool import Adoption, SpoolBusy
from workers.operations.jobs.nudges import request_drains, request_filing
from workers.operations.jobs.recovery import ChangeFlags
from workers.operations.rules.wording import pluralise
from workers.operations.store import recoveries
from workers.operations.store.recoveries import Recovery
from workers.spool.layout import spool_status

RESUME = "To continue, run the same command again. With --again it would begin anew."
ALWAYS_LOST = (
    "Facebook ratings that were fetched since: Cention does not list them again, and cannot be "
    "asked to.",
    "Callbacks that were stored since, with the answers and files that only they name, unless "
    "Cention sends them again.",
    "Who answered a survey on our pages, who opted out, and who was invited. So surveys are held: "
    "enter the opt-outs again, and then run: cention surveys resume (it invites nobody for what "
    "happened before)",
    "Which errands were created and closed since by commands. Look in Cention before you repeat "
    "an import of these days, because it would create them again.",
    "That persons were erased since: erase them again.",
    "What people entered since: rules of surveys, opening hours, names of log-ons, decisions.",
)
CLOSED = (
    "Changes since of errands that were closed or deleted before the backup, such as a reopening, "
    "unless they were closed again: with --all they are fetched too."
)
NO_PRESET = (
    "Errands that arrived since: without --preset there is no export to find them. If you know "
    "their ids, run: cention want errand_reports FIRST-LAST"
)
BY_ITSELF = (
    "The library, log-ons and the scheduled export are refreshed by themselves. What was parked in "
    "the backup stays so until: cention parked retry. Run this command for each workspace. On each "
    "other machine that has a receiver, look at its spool: cention spool"
)


@click.command()
@click.option(
    "--since", required=True, metavar=METAVAR, help="When the backup was made, or a little before."
)
@click.option(
    "--preset",
    metavar="ID",
    help="Id of an export that is defined in Cention. Default: CENTION_EXPORT_PRESET.",
)
@click.option(
    "--chunk", type=Span(), default="7d", show_default=True, help="Days per export, such as 1d."
)
@click.option(
    "--all", "everything", is_flag=True, help="Fetch every stored errand and rating again."
)
@click.option(
    "--again", is_flag=True, help="Begin anew a recovery that is done or was interrupted."
)
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@workspace_option
def recover(
    since: str,
    preset: str | None,
    chunk: int,
    everything: bool,
    again: bool,
    dry_run: bool,
    workspace: str | None,
) -> None:
    """After a database was restored: have fetched again what was fetched since the backup.

    Exports of the days since find the errands that arrived or were closed; those that were open in
    the backup are fetched again too. They are also marked as changed at Cention. The surveys of the
    workspace are held, and the spool of this machine is emptied. It ends with a list of what cannot
    be had again. May be interrupted at any time: the same command continues.
    """
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    wished = _recovery(chosen, since, preset or chosen.export_preset, everything)
    plans = recovery.plans(wished, chosen.timezone, today=_today(chosen), chunk_days=chunk)
    if dry_run:
        _print_plan(settings, wished, plans, again=again)
    else:
        _recover(settings, chosen, wished, plans, again=again)
    _print_lost(wished)


def _recovery(
    workspace: WorkspaceSettings, since: str, preset: str | None, everything: bool
) -> Recovery:
    since_at = read_moment(since, workspace.timezone)
    if since_at > datetime.now(UTC):
        raise click.UsageError("--since is in the future.")
    if preset is not None:
        order_of(preset, None, None, by_closure=False)  # raises if it is no id
    return Recovery(
        workspace=workspace.name,
        since_at=since_at,
        preset_id=preset or "",
        everything=everything,
    )


def _today(workspace: WorkspaceSettings) -> date:
    return datetime.now(workspace.timezone).date()


def _recover(
    settings: Settings,
    workspace: WorkspaceSettings,
    wished: Recovery,
    plans: Sequence[Backfill],
    *,
    again: bool,
) -> None:
    flags = ChangeFlags(require_client("errand_data", wiring.errand_data, settings, workspace))
    with database(settings) as conn:
        so_far = recovery.begin(conn, wished, plans, again=again)
    if so_far.ended_at is not None:
        print_line(f"This was done at {so_far.ended_at:%Y-%m-%d %H:%M} UTC. To repeat it: --again")
        return
    print_line(f"Surveys of {wished.workspace} are held until: cention surveys resume")
    _empty_spool(settings)
    try:
        for plan in plans:
            _export(settings, workspace, plan, flags)
        _want_stored(settings, wished, flags, after=so_far.stored_up_to)
    except KeyboardInterrupt:
        raise CommandError(f"Interrupted. {RESUME}") from None
    with database(settings) as conn:
        ratings = recovery.end(conn, wished)
    if ratings:
        print_line(f"{pluralise(ratings, 'stored rating')} wanted.")
    families = [Family.ERRAND_REPORTS, *([Family.FACEBOOK_RATINGS] if ratings else [])]
    print_stderr(request_drains(settings, [(wished.workspace, family) for family in families]))
    _print_flags(flags)
    print_line("The workers fetch all of them. To see how far they are, run: cention status")


def _empty_spool(settings: Settings) -> None:
    """Store what the receiver of this machine has on disk; say why if that cannot be."""
    folder, adoption = settings.spool_dir, Adoption()
    names = {each.name for each in settings.workspaces}
    try:
        if not folder.exists():
            return
        with database(settings, autocommit=True) as conn:
            adopt_spool.adopt(conn, folder, adoption, workspaces=names, advance=lambda done: None)
    except SpoolBusy:
        print_line("The receiver of this machine is emptying its spool.")
    except OSError as error:
        print_stderr(f"The spool at {folder} cannot be used: {error.strerror}.")
    if taken := adoption.taken.total():
        print_line(f"{pluralise(taken, 'callback')} of the spool of this machine stored.")
        print_stderr(request_filing(settings, adoption.taken))
    if left := sum(map(len, adoption.left.values())):
        print_stderr(
            f"{pluralise(left, 'callback')} cannot be stored: cention spool adopt {folder}"
        )


def _export(
    settings: Settings, workspace: WorkspaceSettings, plan: Backfill, flags: ChangeFlags
) -> None:
    with database(settings) as conn:
        chunks = backfill.remaining(conn, plan)
    print_stderr(f"Errands that {'were closed' if plan.source.by_closure else 'arrived'}:")
    shown = BackfillProgress(settings, plan, chunks)
    context = export_context(settings, workspace)
    try:
        for found in backfill.run(context, plan, chunks, on_begin=shown.begin):
            flags.mark(sorted(found.errand_ids))
            shown.add(found)
    except (ApiError, DocumentError) as error:
        raise CommandError(*command_error(error, settings).lines, RESUME) from None


def _want_stored(settings: Settings, wished: Recovery, flags: ChangeFlags, *, after: int) -> None:
    with database(settings) as conn:
        total = recoveries.stored_count(conn, wished, after=after)
    with progress("stored errands", total) as advance:
        found = recovery.want_stored(
            lambda: database(settings, autocommit=True),
            wished,
            flags,
            after=after,
            advance=advance,
        )
    which = "" if wished.everything else " (open in the backup)"
    print_line(f"{pluralise(found, 'stored errand')}{which} wanted.")


def _print_flags(flags: ChangeFlags) -> None:
    print_line(f"{pluralise(flags.marked, 'errand')} marked as changed at Cention.")
    if flags.problem is not None:
        print_stderr(
            f"Cention marked no more: {flags.problem}. The others are wanted here, which suffices."
        )


def _print_plan(
    settings: Settings, wished: Recovery, plans: Sequence[Backfill], *, again: bool
) -> None:
    with database(settings, autocommit=True) as conn:
        so_far = recoveries.read(conn, wished)
        after = 0 if again or so_far is None else so_far.stored_up_to
        stored = recoveries.stored_count(conn, wished, after=after)
    print_line("Nothing is done, because of --dry-run. It would:")
    print_line(f"hold the surveys of {wished.workspace};")
    status = spool_status(settings.spool_dir)
    waiting = status.waiting + status.bad if status else 0
    print_line(f"store {pluralise(waiting, 'callback')} of the spool of this machine;")
    for plan in plans:
        what = "were closed" if plan.source.by_closure else "arrived"
        days = f"{format_date(plan.whole.first)} to {format_date(plan.whole.last)}"
        print_line(f"find the errands that {what} from {days}, by exports of {wished.preset_id};")
    which = "" if wished.everything else " (open in the backup)"
    print_line(f"fetch {pluralise(stored, 'stored errand')}{which} again.")


def _print_lost(wished: Recovery) -> None:
    print_line("What cannot be had again:")
    lost = [*ALWAYS_LOST]
    if not wished.everything:
        lost.insert(0, CLOSED)
    if not wished.preset_id:
        lost.insert(0, NO_PRESET)
    for line in lost:
        print_line(f"* {line}", hanging=2)
    print_line(BY_ITSELF)
