"""``cention metrics``: the figures of errands for analysts."""

from __future__ import annotations

import click

from workers.analytics.store import metrics_due
from workers.cli.context import workspace_database, workspace_option
from workers.cli.output import print_line


@click.group()
def metrics() -> None:
    """Figures of errands, such as analyst.errand_metrics."""


@metrics.command()
@workspace_option
def rebuild(workspace: str | None) -> None:
    """Have the figures of all errands computed again, by the workers.

    They stay readable meanwhile. Nothing is needed after a change of opening hours, of the time
    zone or of patterns: workers notice these. Interrupted, the computation goes on.
    """
    with workspace_database(workspace) as (conn, name):
        metrics_due.rebuild(conn, name)
    print_line("The workers compute all figures again.")
