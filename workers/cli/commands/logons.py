"""``cention logons``"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import click

from workers import wiring
from workers.cli.commands.login_names import forget, map_login, names, unmap
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    optional_workspace_database,
    select_workspace,
    select_workspaces,
    workspace_option,
)
from workers.cli.dates import METAVAR, read_moment, zone_of
from workers.cli.errors import CommandError
from workers.cli.output import TableColumn, print_line, print_list
from workers.cli.progress import progress
from workers.cli.tokens import require_client
from workers.clients.cention.agent_logons import AgentLogonsApi
from workers.clients.errors import ApiError
from workers.mirrors.jobs import agent_logons as job
from workers.mirrors.store import agent_logons as store
from workers.mirrors.store.agent_logons import LogonLine, StoredOddRow
from workers.operations.rules.wording import pluralise, was_or_were
from workers.sync.jobs.retry import with_backoff

COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="when"),
    TableColumn(heading="login name"),
    TableColumn(heading="action"),
    TableColumn(heading="agent"),
)
ODD_COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="last seen"),
    TableColumn(heading="problem"),
    TableColumn(heading="row"),
)


@click.group(invoke_without_command=True)
@click.option("--from", "since", metavar=METAVAR, help="Start, in the workspace's time zone.")
@click.option("--to", "until", metavar=METAVAR, help="End; a day includes all of it.")
@click.option("--name", "login_name", metavar="LOGIN", help="Only this login name.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1))
@json_option
@workspace_option
@click.pass_context
def logons(
    context: click.Context,
    since: str | None,
    until: str | None,
    login_name: str | None,
    limit: int,
    as_json: bool,
    workspace: str | None,
) -> None:
    """List log-ins and log-outs of agents, newest first, or fetch older ones."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings_or_exit()
    zone = zone_of(select_workspaces(settings, workspace))
    with database(settings) as conn:
        found = store.listed(
            conn,
            workspace=workspace,
            login_name=login_name,
            since=read_moment(since, zone) if since else None,
            until=read_moment(until, zone, end=True) if until else None,
            limit=limit,
        )
    print_list(found, COLUMNS, _row, as_json=as_json, nothing="No log-on is stored.")


@logons.command()
@click.option(
    "--from", "since", required=True, metavar=METAVAR, help="Start, in the workspace's time zone."
)
@click.option("--to", "until", metavar=METAVAR, help="End; a day includes all of it. Default: now.")
@click.option("--name", "login_name", metavar="LOGIN", help="Only this login name.")
@workspace_option
def pull(since: str, until: str | None, login_name: str | None, workspace: str | None) -> None:
    """Fetch the log-ons of a period, for instance from before the bridge was installed.

    Works week by week. Log-ons that are stored already do not change. May be interrupted and run
    again.
    """
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    begin = read_moment(since, chosen.timezone)
    end = read_moment(until, chosen.timezone, end=True) if until else datetime.now(UTC)
    if begin >= end:
        raise click.UsageError("--from must be before --to, and before now.")
    log = require_client("logio", wiring.logio_api, settings, chosen)
    starts = [start for start, _ in job.windows(begin, end)]
    done: list[int] = []
    with (
        database(settings, autocommit=True) as conn,
        progress(f"log-ons of {chosen.name}, by weeks", len(starts)) as advance,
    ):

        def on_progress(new: int) -> None:
            done.append(new)
            advance(1)

        try:
            job.pull(
                chosen.name,
                RetryingLog(log),
                begin,
                end,
                login_name=login_name,
                session=lambda: nullcontext(conn),
                on_progress=on_progress,
            )
        except ApiError as error:
            raise CommandError(
                f"{error}. {pluralise(sum(done), 'new log-on')} {was_or_were(sum(done))} stored "
                "before that. "
                f"To continue: --from {starts[len(done)].isoformat()}"
            ) from None
    print_line(f"{pluralise(sum(done), 'new log-on')}.")


@logons.command()
@click.option("--forget", "forget_them", is_flag=True, help="Delete them after printing them.")
@json_option
@workspace_option
def odd(forget_them: bool, as_json: bool, workspace: str | None) -> None:
    """List rows of Cention's log that could not be read as log-ons, as received."""
    with optional_workspace_database(workspace) as conn:
        found = store.odd_rows(conn, workspace)
        if forget_them:
            store.delete_odd_rows(conn, workspace)
    shown = print_list(
        found, ODD_COLUMNS, _odd_row, as_json=as_json, nothing="Every row could be read."
    )
    if shown and forget_them:
        print_line(f"{pluralise(len(found), 'row')} deleted.")


def _row(one: LogonLine) -> tuple[object, ...]:
    return (one.workspace, one.happened_at, one.login_name, one.action, one.agent_name)


def _odd_row(one: StoredOddRow) -> tuple[object, ...]:
    return (one.workspace, one.last_seen_at, one.problem, one.row)


class RetryingLog:
    """Cention's log, with retries while Cention is down or busy."""

    def __init__(self, log: AgentLogonsApi) -> None:
        self._log = log

    def fetch(
        self, since: datetime, until: datetime, *, login_name: str | None = None
    ) -> list[Any]:
        """Return the rows of a period, like the log itself."""
        return with_backoff(
            lambda: self._log.fetch(since, until, login_name=login_name), idempotent=True
        )


for command in (names, map_login, unmap, forget):
    logons.add_command(command)
