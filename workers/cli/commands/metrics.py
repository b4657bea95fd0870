"""``cention metrics``: the figures of errands for analysts."""

from __future__ import annotations

from datetime import date

import click

from workers.analytics.store import day_tables, metrics_due, metrics_problems, metrics_progress
from workers.cli.context import (
    json_option,
    workspace_database,
    workspace_option,
)
from workers.cli.day_options import Day
from workers.cli.output import TableColumn, print_json, print_line, print_table
from workers.operations.rules.wording import pluralise

COLUMNS = (
    TableColumn(heading="errand", right=True),
    TableColumn(heading="found"),
    TableColumn(heading="kind"),
    TableColumn(heading="problem"),
)


@click.group()
def metrics() -> None:
    """Figures of errands, such as analyst.errand_metrics."""


@metrics.command()
@click.option(
    "--from",
    "since",
    type=Day(),
    metavar="DAY",
    help="Leave out errands that neither arrived nor were fetched on this day or later, and the"
    " backlog of days before it.",
)
@workspace_option
def rebuild(since: date | None, workspace: str | None) -> None:
    """Have the figures of all errands computed again, by the workers.

    They stay readable meanwhile. Nothing is needed after a change of opening hours, of the time
    zone or of patterns: workers notice these. Interrupted, the computation goes on.
    """
    with workspace_database(workspace) as (conn, name):
        metrics_progress.begin(conn, name, since=since)
    if since:
        print_line(f"The workers compute the figures since {since} again.")
    else:
        print_line("The workers compute all figures again.")


@metrics.command()
@click.option("--limit", default=100, show_default=True, help="At most so many, the newest.")
@json_option
@workspace_option
def problems(limit: int, as_json: bool, workspace: str | None) -> None:
    """Show errands whose figures could not be computed, or whose arrival is implausible."""
    with workspace_database(workspace) as (conn, name):
        found = metrics_problems.listed(conn, name, limit=limit)
    if as_json:
        print_json(found)
        return
    if not found:
        print_line("No errand has a problem.")
        return
    print_table(
        COLUMNS,
        [(one.errand_id, f"{one.found_at:%Y-%m-%d %H:%M}", one.kind, one.problem) for one in found],
    )


@metrics.command()
@workspace_option
def retry(workspace: str | None) -> None:
    """Have the figures computed again that could not be computed, without further wait."""
    with workspace_database(workspace) as (conn, name):
        failed = metrics_problems.failed_errands(conn, name)
        metrics_due.mark(conn, name, failed)
        waiting = day_tables.end_waits(conn, name)
    found = [pluralise(len(failed), "errand")]
    if waiting.days:
        found.append(pluralise(waiting.days, "day"))
    if waiting.names:
        found.append(pluralise(waiting.names, "login name"))
    print_line(f"The workers compute the figures of {', '.join(found)} again.")
