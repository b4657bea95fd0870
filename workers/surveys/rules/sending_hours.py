"""Hours and days at which invitations may be sent, by the clock of the workspace."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.surveys.rule import Rule

DAYS_AHEAD = 15  # a week, and the days on which the clock skips the hours


def is_open(rule: Rule, at: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a rule may send at a moment."""
    if rule.hours is None and rule.days is None:
        return True
    local = at.astimezone(zone)
    if rule.days is not None and local.weekday() not in rule.days:
        return False
    begin, end = rule.hours or (0, 24 * 60)
    return begin <= local.hour * 60 + local.minute < end


def next_open(rule: Rule, at: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment from ``at`` on when a rule may send.

    Where the clock skips the beginning of the hours, they begin as much later.
    """
    if is_open(rule, at, zone):
        return at
    begin, _ = rule.hours or (0, 24 * 60)
    today = at.astimezone(zone).date()
    openings = (
        opening
        for ahead in range(DAYS_AHEAD)
        for opening in _openings(today + timedelta(days=ahead), begin, zone)
    )
    return next(one for one in openings if one >= at and is_open(rule, one, zone))


def _openings(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the clock shows a minute of a day: twice on the day that summer time ends."""
    clock = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    first, second = (clock.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second
