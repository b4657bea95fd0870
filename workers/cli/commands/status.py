"""``cention status``"""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from workers.analytics.store.metrics_problems import MetricsStatus
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    select_workspaces,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.output import TableColumn, print_json, print_line, print_stderr, print_table
from workers.config.settings import Settings
from workers.mirrors.store.mirrors import MirrorStatus
from workers.operations.jobs.bridge_status import BridgeStatus, read_bridge_status
from workers.operations.rules.wording import format_age, format_duration, pluralise
from workers.operations.store.status import FamilyStatus, InboxStatus
from workers.spool.layout import SpoolStatus, spool_status
from workers.surveys.store.invitations import SurveyStatus

WATCH_EVERY_S = 2.0
INDENT = 7
# Narrow enough for the 80 columns of a terminal.
FAMILY_COLUMNS = (
    TableColumn(heading="family"),
    TableColumn(heading="want-\ned", right=True),
    TableColumn(heading="due", right=True),
    TableColumn(heading="claim-\ned", right=True),
    TableColumn(heading="park-\ned", right=True),
    TableColumn(heading="un-\nread-\nable", right=True),
    TableColumn(heading="miss-\ning", right=True),
    TableColumn(heading="old-\nest\nwait", right=True),
    TableColumn(heading="last\npoll", right=True),
    TableColumn(heading="last\nstored", right=True),
    TableColumn(heading="pause"),
)
MIRROR_COLUMNS = (
    TableColumn(heading="mirrors of"),
    TableColumn(heading="what"),
    TableColumn(heading="every", right=True),
    TableColumn(heading="last", right=True),
    TableColumn(heading="records", right=True),
    TableColumn(heading="paused"),
    TableColumn(heading="last error"),
)
INBOX_COLUMNS = (
    TableColumn(heading="callbacks of"),
    TableColumn(heading="last\n24 hours", right=True),
    TableColumn(heading="unfiled", right=True),
    TableColumn(heading="problems", right=True),
    TableColumn(heading="oldest\nunfiled", right=True),
    TableColumn(heading="last\nreceived", right=True),
)
SURVEY_COLUMNS = (
    TableColumn(heading="surveys of"),
    TableColumn(heading="rules\non", right=True),
    TableColumn(heading="due", right=True),
    TableColumn(heading="oldest\ndue", right=True),
    TableColumn(heading="sending", right=True),
    TableColumn(heading="unknown", right=True),
    TableColumn(heading="stuck", right=True),
    TableColumn(heading="un-\nmatched", right=True),
    TableColumn(heading="last\nsent", right=True),
    TableColumn(heading="held"),
)
FIGURE_COLUMNS = (
    TableColumn(heading="figures of"),
    TableColumn(heading="oldest\nchange", right=True),
    TableColumn(heading="all again\nfor", right=True),
    TableColumn(heading="failed", right=True),
    TableColumn(heading="odd\narrivals", right=True),
)
QUEUE_COLUMNS = (TableColumn(heading="queue"), TableColumn(heading="last\nanswer", right=True))


@click.command()
@click.option("--watch", is_flag=True, help="Refresh every 2 seconds, until Ctrl-C.")
@json_option
@workspace_option
def status(watch: bool, as_json: bool, workspace: str | None) -> None:
    """Show the state of the bridge. Exit status 1 means an alarm."""
    if watch and as_json:
        raise click.UsageError("--watch and --json exclude one another.")
    settings = load_settings_or_exit()
    select_workspaces(settings, workspace)
    if watch:
        _watch(settings, workspace)
        return
    try:
        state = read_status(settings, workspace)
    except CommandError:
        print_spool(spool_status(settings.spool_dir), datetime.now(UTC))
        raise
    if as_json:
        print_json(state)
    else:
        print_status(state)
    if state.alarm:
        raise click.exceptions.Exit(1)


def read_status(settings: Settings, workspace: str | None) -> BridgeStatus:
    """Return the state of the bridge, or of one workspace. Raises ``CommandError``."""
    spool = spool_status(settings.spool_dir)
    with database(settings) as conn:
        return read_bridge_status(
            conn, select_workspaces(settings, workspace), workspace=workspace, spool=spool
        )


def print_status(state: BridgeStatus) -> None:
    """Print the tables, and below them the alerts."""
    for workspace in sorted({one.workspace for one in state.families}):
        print_line(workspace, style="bold")
        print_table(
            FAMILY_COLUMNS,
            [_family_row(f, state.at) for f in state.families if f.workspace == workspace],
        )
        print_line("")
    if state.mirrors:
        print_table(MIRROR_COLUMNS, [_mirror_row(one, state.at) for one in state.mirrors])
        print_line("")
    if state.inboxes:
        print_table(INBOX_COLUMNS, [_inbox_row(one, state.at) for one in state.inboxes])
        print_line("")
    if state.figures:
        print_table(FIGURE_COLUMNS, [_figure_row(one, state.at) for one in state.figures])
        print_line("")
    if state.surveys:
        print_table(SURVEY_COLUMNS, [_survey_row(one, state.at) for one in state.surveys])
        print_line("")
    if state.queues:
        answers = [(one.queue, format_duration(one.silent_s)) for one in state.queues]
        print_table(QUEUE_COLUMNS, answers)
        print_line("")
    print_spool(state.spool, state.at)
    for alert in state.notices:
        word, style = ("ALARM", "bold red") if alert.alarm else ("note ", "yellow")
        print_line(f"{word}  {alert.sentence}", style=style, hanging=INDENT)
        for command in alert.command.splitlines():
            print_line(" " * INDENT + command, hanging=INDENT)
    if not state.notices:
        print_line("All is well.", style="green")


def print_spool(spool: SpoolStatus | None, at: datetime) -> None:
    """Print the state of the spool on standard error, if it holds any callback."""
    if spool and (spool.waiting or spool.bad):
        print_stderr(
            f"spool: {pluralise(spool.waiting, 'callback')} waiting for Postgres, the oldest for "
            f"{format_duration(spool.oldest_s(at))}; {pluralise(spool.bad, 'file')} set aside."
        )


def _watch(settings: Settings, workspace: str | None) -> None:
    try:
        while True:
            try:
                state = read_status(settings, workspace)
                click.clear()
                print_status(state)
            except CommandError as error:
                error.show()
            time.sleep(WATCH_EVERY_S)
    except KeyboardInterrupt:
        print_line("")


def _family_row(one: FamilyStatus, at: datetime) -> tuple[object, ...]:
    return (
        one.family,
        one.wanted,
        one.due,
        one.claimed,
        one.parked,
        one.unreadable,
        one.missing,
        format_duration(one.oldest_wait_s),
        format_age(one.last_poll_at, at),
        format_age(one.last_stored_at, at),
        "yes" if one.paused_until else "no",
    )


def _mirror_row(one: MirrorStatus, at: datetime) -> tuple[object, ...]:
    return (
        one.workspace,
        one.mirror,
        format_duration(one.every_s),
        format_age(one.last_good_at, at),
        one.last_found,
        "yes" if one.paused_until else "no",
        one.last_error,
    )


def _inbox_row(one: InboxStatus, at: datetime) -> tuple[object, ...]:
    return (
        one.workspace,
        one.received_24h,
        one.unfiled,
        one.problems,
        format_duration(one.oldest_unfiled_s),
        format_age(one.last_received_at, at),
    )


def _figure_row(one: MetricsStatus, at: datetime) -> tuple[object, ...]:
    return (
        one.workspace,
        format_duration(one.oldest_wait_s),
        format_age(one.everything_since_at, at),
        one.failed,
        one.arrivals,
    )


def _survey_row(one: SurveyStatus, at: datetime) -> tuple[object, ...]:
    return (
        *(one.workspace, one.rules_on, one.due, format_duration(one.oldest_due_s)),
        *(one.sending, one.unknown, one.stuck, one.unmatched, format_age(one.last_sent_at, at)),
        "no" if one.held is None else "yes",
    )
