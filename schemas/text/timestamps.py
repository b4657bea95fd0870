"""Parses Cention's several notations of time into aware datetimes."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_10000_S = 253_402_300_800
_GO_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)? ([+-][0-9]{4})\b"
)
_GO_ZERO_YEAR = 1
_MINUTE_CHARACTERS = len("2015/07/16 20:47")
_ZONELESS = re.compile(
    r"([0-9]{4})([/-])([0-9]{1,2})\2([0-9]{1,2})(?:\s+|T)([0-9]{1,2}):([0-9]{2})"
    r"(?::([0-9]{2})(?:[.,][0-9]+)?)?"
)
_UNIX = re.compile(r"[0-9]{9,10}")  # from 1973 on, so that no year and no date is read as seconds
_UTC_NAME = re.compile(r" ?(?:UTC|GMT)\Z")
_DIGIT = re.compile(r"[0-9]")
_ZERO = re.compile(r"[0:/. T-]+\Z|000[01][/-]")


def from_unix_seconds(seconds: int) -> datetime | None:
    """Convert seconds since 1970 to UTC; ``None`` for 0 and for the zero time of Go (year 1).

    Raises ``OverflowError`` outside the years 1 to 9999.

    Source: Cention Errand Report, ``actions.timeStamp``; Facebook Rating, ``timestampCreated``.
    """
    if 0 < seconds < _YEAR_10000_S:
        return datetime.fromtimestamp(seconds, UTC)
    moment = EPOCH + timedelta(seconds=seconds)
    return None if seconds == 0 or moment.year == _GO_ZERO_YEAR else moment


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


def from_workspace_time(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Convert a date with a time, ``2015/07/16 20:47`` or in another notation, to UTC.

    Go times and ISO 8601 keep their offset, and digits alone are seconds since 1970; a time without
    an offset is local time of the workspace. An ambiguous local time is the earlier one; one that
    the clock skipped is read with the offset before the change. ``None`` for a text without digits,
    since ``No Date`` may come in any language, and for the zero times (year 0 and 1).
    Raises ``ValueError`` for digits that are no date with a time.

    Source: Cention Errand Report, sample of ``basic.data.date`` and ``donedate``; Cention Export,
    ``content.timestamp_arrived``: "String", and "" in the sample.
    """
    if moment := _documented(text, zone):
        return moment
    normalised = _normalised(text)
    if _means_no_time(normalised):
        return None
    try:
        return _moment(normalised, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a date with a time, such as 2015/07/16 20:47") from None


def _documented(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Return what ``2015/07/16 20:47`` means; ``None`` for any other text, read in another way."""
    if text is None or len(text) != _MINUTE_CHARACTERS or text[0] == "0":
        return None
    if text[4] + text[7] + text[10] + text[13] != "// :":
        return None
    try:
        local = datetime.fromisoformat(text.replace("/", "-"))
        return local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_no_time(text: str | None) -> bool:
    """Return whether a text means that there is no time: no digits, or one of the zero times."""
    return _means_no_time(_normalised(text))


def _means_no_time(text: str) -> bool:
    return not _DIGIT.search(text) or _ZERO.match(text) is not None


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """Return an aware datetime. Raises ``ValueError`` or ``OverflowError``."""
    if found := _ZONELESS.fullmatch(text):
        year, _, month, day, hour, minute, second = found.groups(default="00")
        midnight = datetime(int(year), int(month), int(day), tzinfo=zone)
        if (hour, minute, second) == ("24", "00", "00"):
            return midnight + timedelta(days=1)
        return midnight.replace(hour=int(hour), minute=int(minute), second=int(second))
    if _UNIX.fullmatch(text):
        return EPOCH + timedelta(seconds=int(text))
    moment = from_go_time(text) or datetime.fromisoformat(_UTC_NAME.sub("+00:00", text))
    if moment.tzinfo is None:
        raise ValueError("has no time, or no offset")
    return moment


def _normalised(text: str | None) -> str:
    """Return a text with the digits of other scripts, such as Arabic, as 0 to 9, stripped."""
    text = (text or "").strip()
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(one, one)) for one in text)
