"""``cention status``"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from workers.cli.context import (
    database,
    json_option,
    settings_of_this_place,
    some_workspaces,
    workspace_option,
)
from workers.cli.errors import Trouble
from workers.cli.output import Column, note, say, say_json, say_table
from workers.config.settings import Settings
from workers.mirrors.store import mirrors
from workers.mirrors.store.mirrors import MirrorStatus
from workers.operations.jobs import alerts
from workers.operations.jobs.alerts import Alert
from workers.operations.rules.wording import format_age, format_duration
from workers.operations.store import status as store
from workers.operations.store.status import FamilyStatus, InboxStatus, QueueStatus
from workers.outbound.store import sent_commands, sent_errands
from workers.spool.layout import SpoolStatus, read_spool

WATCH_EVERY_S = 2.0
INDENT = 7
# Narrow enough for the 80 columns of a terminal.
FAMILY_COLUMNS = (
    Column(heading="family"),
    Column(heading="want-\ned", right=True),
    Column(heading="due", right=True),
    Column(heading="claim-\ned", right=True),
    Column(heading="park-\ned", right=True),
    Column(heading="un-\nread-\nable", right=True),
    Column(heading="miss-\ning", right=True),
    Column(heading="oldest\nwait", right=True),
    Column(heading="last\npoll", right=True),
    Column(heading="last\nsto-\nred", right=True),
    Column(heading="pau-\nsed"),
)
MIRROR_COLUMNS = (
    Column(heading="renewed of"),
    Column(heading="what"),
    Column(heading="every", right=True),
    Column(heading="last", right=True),
    Column(heading="records", right=True),
    Column(heading="paused"),
    Column(heading="last error"),
)
INBOX_COLUMNS = (
    Column(heading="callbacks of"),
    Column(heading="last\n24 hours", right=True),
    Column(heading="unfiled", right=True),
    Column(heading="problems", right=True),
    Column(heading="oldest\nunfiled", right=True),
    Column(heading="last\nreceived", right=True),
)
QUEUE_COLUMNS = (Column(heading="queue"), Column(heading="last\nanswer", right=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How the bridge fares at one moment."""

    at: datetime
    alarm: bool
    families: list[FamilyStatus]
    mirrors: list[MirrorStatus]
    inboxes: list[InboxStatus]
    queues: list[QueueStatus]
    spool: SpoolStatus | None  # None: not on this machine
    notices: tuple[Alert, ...]


@click.command()
@click.option("--watch", is_flag=True, help="Look again every 2 seconds, until Ctrl-C.")
@json_option
@workspace_option
def status(watch: bool, as_json: bool, workspace: str | None) -> None:
    """Show how the bridge fares. Exit status 1 is a state of alarm."""
    if watch and as_json:
        raise click.UsageError("--watch and --json exclude one another.")
    settings = settings_of_this_place()
    some_workspaces(settings, workspace)
    if watch:
        _watch(settings, workspace)
        return
    try:
        state = look(settings, workspace)
    except Trouble:
        show_spool(read_spool(settings.spool_dir), datetime.now(UTC))
        raise
    if as_json:
        say_json(state)
    else:
        show(state)
    if state.alarm:
        raise click.exceptions.Exit(1)


def look(settings: Settings, workspace: str | None) -> State:
    """Return how the bridge fares, or one workspace of it. Raises ``Trouble``."""
    spool = read_spool(settings.spool_dir)
    with database(settings) as conn:
        at = store.clock(conn)
        families = [f for f in store.families(conn) if workspace in (None, f.workspace)]
        renewals = [m for m in mirrors.statuses(conn) if workspace in (None, m.workspace)]
        inboxes = [i for i in store.inboxes(conn) if workspace in (None, i.workspace)]
        queues = store.queues(conn)
        unknown = sent_errands.unknown(conn, workspace) + sent_commands.unknown(conn, workspace)
    found = (
        *(alert for one in families for alert in alerts.of_losses(one)),
        *alerts.of_queues(queues),
        *alerts.of_polls(
            families,
            some_workspaces(settings, workspace),
            at=at,
        ),
        *(alert for one in families for alert in alerts.of_family(one, at=at)),
        *(alert for one in renewals for alert in alerts.of_mirror(one, at=at)),
        *(alert for one in inboxes for alert in alerts.of_inbox(one)),
        *alerts.of_unknown(len(unknown)),
        *alerts.of_spool(spool, at),
    )
    return State(
        at=at,
        alarm=any(alert.alarm for alert in found),
        families=families,
        mirrors=renewals,
        inboxes=inboxes,
        queues=queues,
        spool=spool,
        notices=found,
    )


def show(state: State) -> None:
    """Write tables, and below them what needs somebody."""
    for workspace in sorted({one.workspace for one in state.families}):
        say(workspace, style="bold")
        say_table(
            FAMILY_COLUMNS,
            [_family(f, state.at) for f in state.families if f.workspace == workspace],
        )
        say("")
    if state.mirrors:
        say_table(MIRROR_COLUMNS, [_mirror(one, state.at) for one in state.mirrors])
        say("")
    if state.inboxes:
        say_table(INBOX_COLUMNS, [_inbox(one, state.at) for one in state.inboxes])
        say("")
    if state.queues:
        answers = [(one.queue, format_duration(one.silent_s)) for one in state.queues]
        say_table(QUEUE_COLUMNS, answers)
        say("")
    show_spool(state.spool, state.at)
    for alert in state.notices:
        word, style = ("ALARM", "bold red") if alert.alarm else ("note ", "yellow")
        say(f"{word}  {alert.sentence}", style=style, hanging=INDENT)
        say(" " * INDENT + alert.command, hanging=INDENT)
    if not state.notices:
        say("All is well.", style="green")


def show_spool(spool: SpoolStatus | None, at: datetime) -> None:
    """Write what lies on local disk, if anything does; to the error channel, as it is rare."""
    if spool and (spool.waiting or spool.bad):
        note(
            f"spool: {spool.waiting} callbacks wait for Postgres, the oldest for "
            f"{format_duration(spool.oldest_s(at))}; {spool.bad} set aside."
        )


def _watch(settings: Settings, workspace: str | None) -> None:
    try:
        while True:
            try:
                state = look(settings, workspace)
                click.clear()
                show(state)
            except Trouble as trouble:
                note(trouble.message)
            time.sleep(WATCH_EVERY_S)
    except KeyboardInterrupt:
        say("")


def _family(one: FamilyStatus, at: datetime) -> tuple[object, ...]:
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


def _mirror(one: MirrorStatus, at: datetime) -> tuple[object, ...]:
    return (
        one.workspace,
        one.mirror,
        format_duration(one.every_s),
        format_age(one.last_good_at, at),
        one.last_found,
        "yes" if one.paused_until else "no",
        one.last_error,
    )


def _inbox(one: InboxStatus, at: datetime) -> tuple[object, ...]:
    return (
        one.workspace,
        one.received_today,
        one.unfiled,
        one.problems,
        format_duration(one.oldest_unfiled_s),
        format_age(one.last_received_at, at),
    )
