"""Check of the weekly report: when and to how many it is sent."""

from __future__ import annotations

from collections.abc import Iterator

from workers.config.reports import DAYS
from workers.config.workspaces import WorkspaceSettings
from workers.operations.jobs.checks.finding import Finding, ok


def report_findings(workspace: WorkspaceSettings) -> Iterator[Finding]:
    """Yield when the report of a workspace is sent; nothing if it is not."""
    report = workspace.report
    if report.weekday is None:
        return
    addresses = f"{len(report.to)} address" + ("" if len(report.to) == 1 else "es")
    yield ok(
        f"report of {workspace.name}",
        f"Sent every {DAYS[report.weekday - 1]} at {report.at:%H:%M} ({workspace.timezone.key}) "
        f"to {addresses}.",
    )
