"""Opening hours of a centre in seconds, by a list of all open times of each area."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from tests.support.business_time import BusinessTime


class OpenSeconds:
    """Counts the seconds of open days, one after the other; openings may not overlap."""

    def __init__(self, plain: BusinessTime) -> None:
        self._plain = plain
        self._day = lru_cache(maxsize=None)(self._times)

    def __call__(self, area_id: int, since: int, until: int) -> int:
        """Return for how many seconds the area was open between two moments."""
        found = 0
        day = datetime.fromtimestamp(since, UTC).date() - timedelta(days=3)
        while day <= datetime.fromtimestamp(until, UTC).date() + timedelta(days=3):
            for opens, closes in self._day(area_id, day):
                found += max(0, min(closes, until) - max(opens, since))
            day += timedelta(days=1)
        return found

    def _times(self, area_id: int, day: date) -> list[tuple[int, int]]:
        plain = self._plain
        if plain.is_holiday(area_id, day):
            return []
        of_area = [one for one in plain.openings if one.area_id == area_id]
        used = of_area or [one for one in plain.openings if one.area_id is None]
        return [
            (
                int(plain.moment(day, one.from_minute).timestamp()),
                int(plain.moment(day, one.to_minute).timestamp()),
            )
            for one in used
            if one.weekday == day.isoweekday()
        ]
