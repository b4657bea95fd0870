"""Check of the weekly report: when and to how many it is sent."""

from __future__ import annotations

from collections.abc import Iterator

from workers.config.reports import DAYS
from workers.config.workspaces import WorkspaceSettings
from workers.operations.jobs.checks.finding import Finding, ok
from workers.operations.jobs.sentences import Sentence


def report_findings(workspace: WorkspaceSettings) -> Iterator[Finding]:
    """Yield when the report of a workspace is sent; nothing if it is not."""
    report = workspace.report
    if report.weekday is None:
        return
    yield ok(
        Sentence("about.report", workspace=workspace.name),
        Sentence(
            "check.report",
            day=Sentence(f"day.{DAYS[report.weekday - 1]}"),
            time=f"{report.at:%H:%M}",
            zone=workspace.timezone.key,
            count=len(report.to),
        ),
    )
