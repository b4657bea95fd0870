"""Business time as plainly as it can be said: the set of all open minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.opening_hours import Holiday, Opening

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class BusinessTime:
    """The opening hours of a workspace; times are whole minutes."""

    zone: ZoneInfo
    openings: Sequence[Opening]
    holidays: Sequence[Holiday]

    def seconds(self, area_id: int | None, since: datetime, until: datetime) -> int:
        """Return how many seconds the area is open between two moments."""
        asked = set(range(minute(since), minute(until)))
        of_area = [one for one in self.openings if area_id is not None and one.area_id == area_id]
        used = of_area or [one for one in self.openings if one.area_id is None]
        if not used:
            return len(asked) * 60
        opened: set[int] = set()
        day = since.astimezone(self.zone).date() - timedelta(days=3)
        while day <= until.astimezone(self.zone).date() + timedelta(days=3):
            if not self.is_holiday(area_id, day):
                for one in used:
                    if one.weekday == day.isoweekday():
                        opened |= set(
                            range(
                                minute(self.moment(day, one.from_minute)),
                                minute(self.moment(day, one.to_minute)),
                            )
                        )
            day += timedelta(days=1)
        return len(asked & opened) * 60

    def is_holiday(self, area_id: int | None, day: date) -> bool:
        """Return whether the area does not open on this day."""
        return any(
            one.date == day and (one.area_id is None or one.area_id == area_id)
            for one in self.holidays
        )

    def moment(self, day: date, of_clock: int) -> datetime:
        """Return when the clock shows so many minutes after 00:00 of a day.

        If it never does, when it would without the change; if twice, the second time.
        """
        local = datetime.combine(day, time()) + timedelta(minutes=of_clock)
        readings = (local.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        return max(one.astimezone(UTC) for one in readings)


def minute(at: datetime) -> int:
    """Return the minutes since 1970."""
    return (at - EPOCH) // timedelta(minutes=1)
