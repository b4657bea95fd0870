"""Parses Cention's several notations of time into aware datetimes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORKSPACE_MINUTE = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9]{2}):([0-9]{2})")
_GO_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)? ([+-][0-9]{4})\b"
)
_GO_ZERO_YEAR = 1
_ZONELESS = re.compile(
    r"([0-9]{4})([/-])([0-9]{2})\2([0-9]{2})[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?"
)
_UNIX = re.compile(
    r"[0-9]{9,10}"
)  # from 1973 on, so that a year or a date is never read as seconds


def from_unix_seconds(seconds: int) -> datetime | None:
    """Convert seconds since 1970 to UTC; ``None`` for 0 and for the zero time of Go (year 1).

    Raises ``OverflowError`` outside the years 1 to 9999.

    Source: Cention Errand Report, ``actions.timeStamp``; Facebook Rating, ``timestampCreated``.
    """
    moment = EPOCH + timedelta(seconds=seconds)
    return None if seconds == 0 or moment.year == _GO_ZERO_YEAR else moment


def from_workspace_minute(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Convert ``2015/07/16 20:47``, local time of the workspace, to UTC.

    An ambiguous time is the earlier one; a time that the clock skipped is read with the offset
    before the change. ``None`` for every other text: ``No Date`` may come in any language.

    Source: Cention Errand Report, sample of ``basic.data.date`` and ``donedate``.
    """
    found = _WORKSPACE_MINUTE.fullmatch(text or "")
    if found is None:
        return None
    try:
        year, month, day, hour, minute = map(int, found.groups())
        return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def from_go_time(text: str | None) -> datetime | None:
    """Parse ``2015-07-16 20:50:17.5 +0800 MYT`` to the second, keeping its offset.

    The abbreviation and what follows it are ignored: they are not reliable. ``None`` for the zero
    time (year 1) and for every other text.

    Source: Cention Errand Report, ``actions.time``: Go's ``time.String``.
    """
    found = _GO_TIME.match(text or "")
    if found is None:
        return None
    try:
        moment = datetime.strptime(" ".join(found.groups()), "%Y-%m-%d %H:%M:%S %z")
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if moment.year == _GO_ZERO_YEAR else moment


def from_any_notation(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Parse a time in an undocumented notation, with best effort, to UTC.

    Accepts Go times and ISO 8601 with an offset, dates with local time of the workspace, and
    seconds since 1970. ``None`` for every other text.

    Source: Cention Export, ``content.timestamp_arrived``: "String", and "" in the sample.
    """
    text = (text or "").strip()
    try:
        if _UNIX.fullmatch(text):
            return from_unix_seconds(int(text))
        if found := _ZONELESS.fullmatch(text):
            year, _, month, day, hour, minute, second = found.groups(default="00")
            moment = datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{second}")
            return moment.replace(tzinfo=zone).astimezone(UTC)
        moment = from_go_time(text) or datetime.fromisoformat(text)
        aware = moment.tzinfo is not None and moment.year != _GO_ZERO_YEAR
        return moment.astimezone(UTC) if aware else None
    except (ValueError, OverflowError):
        return None
