"""Check of a workspace's time zone against the offsets in Cention's reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from schemas.cention.errand_reports import action_offsets
from schemas.errors import DocumentError
from workers.config.names import Family
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.database import connections
from workers.operations.jobs.checks.finding import Finding, ok, warning
from workers.operations.jobs.sentences import Sentence
from workers.sync.store import landed

REPORTS = 50
A_YEAR = tuple(timedelta(days=days) for days in range(0, 366, 7))


def clock_findings(settings: Settings, workspace: WorkspaceSettings) -> Iterator[Finding]:
    """Compare the zone with the offsets of actions in the newest reports.

    Yields nothing without reports or without a database.
    """
    try:
        with connections.connect(settings.database_url) as conn:
            documents = landed.newest(conn, workspace.name, Family.ERRAND_REPORTS, limit=REPORTS)
    except psycopg.Error:
        return
    seen: Counter[int] = Counter()
    for document in documents:
        try:
            seen.update(action_offsets(document))
        except DocumentError:
            continue
    if seen:
        yield _compared(workspace, seen, at=datetime.now(UTC))


def offsets_of(zone: ZoneInfo, *, at: datetime) -> frozenset[int]:
    """Return the offsets from UTC, in seconds, that the zone had in the year before ``at``."""
    found = ((at - back).astimezone(zone).utcoffset() for back in A_YEAR)
    return frozenset(int(offset.total_seconds()) for offset in found if offset is not None)


def _compared(workspace: WorkspaceSettings, seen: Counter[int], *, at: datetime) -> Finding:
    about = Sentence("about.time_zone", workspace=workspace.name)
    zone = workspace.timezone.key
    unexpected = [offset for offset in seen if offset not in offsets_of(workspace.timezone, at=at)]
    if not unexpected:
        return ok(about, Sentence("check.time_zone", zone=zone))
    offsets = ", ".join(_format_offset(offset) for offset in sorted(unexpected))
    differs = Sentence("check.time_zone_differs", zone=zone, offsets=offsets)
    return warning(about, differs, Sentence("remedy.time_zone_differs"))


def _format_offset(offset_s: int) -> str:
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"{'-' if offset_s < 0 else '+'}{hours:02}:{minutes:02}"
