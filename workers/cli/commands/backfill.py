"""``cention backfill``"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime

import click

from schemas.cention.exports import ExportOrder
from schemas.errors import DocumentError
from workers.cli.commands.exports import command_error, export_context, order_of
from workers.cli.context import database, load_settings_or_exit, select_workspace, workspace_option
from workers.cli.day_options import Span, day_options, format_date
from workers.cli.errors import CommandError
from workers.cli.output import print_line, print_stderr
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.mirrors.jobs import backfill as job
from workers.mirrors.jobs.backfill import Backfill, BackfilledChunk
from workers.mirrors.jobs.exports import ExportContext
from workers.mirrors.rules.date_ranges import DayRange
from workers.mirrors.store.backfill_days import Source
from workers.operations.jobs.nudges import request_drains
from workers.operations.rules.wording import format_duration, pluralise

LOOK_EVERY_S = 0.5
RESUME = "To continue, run the same command again."


@click.command()
@click.option(
    "--preset", required=True, metavar="ID", help="Id of an export that is defined in Cention."
)
@day_options(required=True)
@click.option(
    "--chunk",
    type=Span(),
    default="7d",
    show_default=True,
    help="Days per export, such as 1d or 2w.",
)
@click.option(
    "--max-due",
    type=click.IntRange(0),
    metavar="N",
    help="Wait before each export until at most N reports are due, so that fresh changes need not.",
)
@click.option("--again", is_flag=True, help="Repeat days that are done.")
@workspace_option
def backfill(
    preset: str,
    first: date,
    last: date,
    by_closure: bool,
    chunk: int,
    max_due: int | None,
    again: bool,
    workspace: str | None,
) -> None:
    """Find the errands of past days with exports, and have them fetched.

    May be interrupted at any time: the same command continues with the remaining days, also with
    another --chunk. An export overwrites no errand; each errand is fetched again as if it had
    changed. Each export includes one extra day, because Cention may leave its last day out.
    """
    order = order_of(preset, first, last, by_closure=by_closure)
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    plan = _plan(chosen, order, first, last, chunk)
    context = export_context(settings, chosen)
    with database(settings) as conn:
        if again:
            job.reset(conn, plan)
        chunks = job.remaining(conn, plan)
    if not chunks:
        print_line("All of these days are done. To repeat them, add --again.")
        return
    progress = BackfillProgress(settings, plan, chunks)

    def begin(days: DayRange) -> None:
        if max_due is not None:
            _wait_for_room(context, max_due)
        progress.begin(days)

    try:
        for found in job.run(context, plan, chunks, on_begin=begin):
            progress.add(found)
    except (ApiError, DocumentError) as error:
        raise CommandError(*command_error(error, settings).lines, RESUME) from None
    except KeyboardInterrupt:
        raise CommandError(
            f"Interrupted. Cention may still be making the export of these days. {RESUME}"
        ) from None
    progress.end()


def _wait_for_room(context: ExportContext, max_due: int) -> None:
    if job.has_room(context, max_due=max_due):
        return
    print_stderr(f"Waiting until at most {pluralise(max_due, 'report')} are due …")
    while not job.has_room(context, max_due=max_due):
        time.sleep(LOOK_EVERY_S)


def _plan(
    workspace: WorkspaceSettings, order: ExportOrder, first: date, last: date, chunk_days: int
) -> Backfill:
    today = datetime.now(workspace.timezone).date()
    if first > today:
        raise click.UsageError("--from is in the future.")
    source = Source(
        workspace=workspace.name, preset_id=order.preset_id, by_closure=order.by_closure
    )
    whole = DayRange(first=first, last=min(last, today))
    return Backfill(source=source, whole=whole, chunk_days=chunk_days, today=today)


class BackfillProgress:
    """Prints the progress, and an estimate of the time left."""

    def __init__(self, settings: Settings, plan: Backfill, chunks: Sequence[DayRange]) -> None:
        self._settings = settings
        self._workspace = plan.source.workspace
        self._total = sum(map(len, chunks))
        self._days = 0
        self._errands = 0
        self._began_at_s = time.monotonic()
        done = len(plan.whole) - self._total
        if done:
            print_stderr(f"{pluralise(done, 'day')} already done.")
        print_stderr(
            f"{pluralise(self._total, 'day')} to go, in {pluralise(len(chunks), 'export')}."
        )

    def begin(self, days: DayRange) -> None:
        """Print the days of the export that is requested."""
        print_stderr(f"{format_date(days.first)} to {format_date(days.last)} …")

    def add(self, found: BackfilledChunk) -> None:
        """Print the result of one export, and request the fetches."""
        self._days += len(found.days)
        self._errands += found.errands
        unreadable = f", {found.unreadable} of them unreadable" if found.unreadable else ""
        print_line(
            f"{format_date(found.days.first)} to {format_date(found.days.last)}: "
            f"{pluralise(found.errands, 'errand')}{unreadable}. "
            f"{self._days:,} of {pluralise(self._total, 'day')}{self._time_left()}."
        )
        if found.errands:
            print_stderr(request_drains(self._settings, [(self._workspace, Family.ERRAND_REPORTS)]))

    def end(self) -> None:
        """Print the total."""
        print_line(
            f"{pluralise(self._errands, 'errand')} wanted. The workers fetch them, which may take "
            "longer than the exports did. To see how far they are, run: cention status"
        )

    def _time_left(self) -> str:
        """Return an estimate from the days so far, without the time to fetch the errands."""
        left = self._total - self._days
        if not left:
            return ""
        each_s = (time.monotonic() - self._began_at_s) / self._days
        return f"; at this pace about {format_duration(max(each_s * left, 1))} more of exports"
