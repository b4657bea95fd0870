"""Parses times that people type: a day, or a day and a time, in the time zone of a workspace."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click

from schemas.text.printable import escape
from workers.config.workspaces import WorkspaceSettings

METAVAR = "YYYY/MM/DD[THH:MM]"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_moment(text: str, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """Return the UTC time of ``2024/01/31``, ``2024-01-31T08:30`` or ``2024-01-31T08:30+01:00``.

    A day means its beginning or, as an ``end``, the beginning of the next day. A time without
    offset is in ``zone``. Raises ``click.UsageError``.
    """
    written = text.replace("/", "-")
    try:
        moment = datetime.fromisoformat(written)
        if end and _DAY.fullmatch(written):
            moment = datetime.combine(moment + timedelta(days=1), time())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.UsageError(
            f"Not a time: {escape(text)[:40]!r}. Write 2024/01/31, or 2024/01/31T08:30."
        ) from None


def zone_of(workspaces: tuple[WorkspaceSettings, ...]) -> ZoneInfo:
    """Return the time zone of the only workspace; UTC for several."""
    return workspaces[0].timezone if len(workspaces) == 1 else ZoneInfo("UTC")
