"""Cention writes time in several notations; here each becomes an aware datetime."""

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
_UNIX = re.compile(r"[0-9]{9,10}")  # from 1973 on, so that no year or day passes for seconds


def from_unix_seconds(seconds: int) -> datetime | None:
    """Turn seconds since 1970 into UTC; ``None`` for 0 and for the zero time of Go (year 1).

    Raises ``OverflowError`` outside the years 1 to 9999.

    Source: Cention Errand Report, ``actions.timeStamp``; Facebook Rating, ``timestampCreated``.
    """
    moment = EPOCH + timedelta(seconds=seconds)
    return None if seconds == 0 or moment.year == _GO_ZERO_YEAR else moment


def from_workspace_minute(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Turn ``2015/07/16 20:47``, minutes on the clock of the workspace, into UTC.

    A minute that the clock showed twice is the earlier one; one that it skipped is read as if it
    had not skipped. ``None`` for every other text: ``No Date`` may come in any language.

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
    """Read ``2015-07-16 20:50:17.5 +0800 MYT`` to the second, keeping its offset.

    The abbreviation and what follows it say nothing reliable. ``None`` for the zero time (year 1)
    and for every other text.

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
    """Read a time of which no document tells the notation: best effort, into UTC.

    Times of Go and ISO 8601 with an offset, dates with a clock time on the clock of the
    workspace, seconds since 1970. ``None`` for every other text.

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
