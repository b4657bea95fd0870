"""How many errands arrive on a day, and at which hours: seasons, weeks, holidays, campaigns."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ERRANDS_PER_DAY = 190  # on a Wednesday without a season
WEEKDAYS = (1.4, 1.1, 1.0, 0.95, 0.9, 0.3, 0.22)  # Monday first
MONTHS = (1.15, 0.95, 1.0, 1.0, 1.0, 0.9, 0.65, 0.85, 1.05, 1.05, 1.2, 1.4)
HOLIDAYS = {(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)}
HOLIDAY = 0.2
CAMPAIGN_WEEKS = (10, 22, 36, 48)  # of the calendar; people write until two days after
CAMPAIGN = 1.7
SPREAD = 1.5  # of the number of a day, in standard deviations of a Poisson distribution

# Arrivals by the hour: few at night, most before and after noon, a few more in the evening.
WORKDAY_HOURS = (
    *(1, 1, 0.5, 0.5, 0.5, 1, 3, 8, 18, 26, 27, 23),
    *(17, 22, 23, 20, 17, 12, 9, 9, 9, 7, 4, 2),
)
FREE_DAY_HOURS = (
    *(2, 1, 0.5, 0.5, 0.5, 0.5, 1, 2, 4, 8, 10, 10),
    *(9, 8, 8, 8, 8, 8, 9, 10, 10, 8, 5, 3),
)


def is_workday(day: date) -> bool:
    """Return whether agents work on ``day``."""
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS


def is_campaign(day: date) -> bool:
    """Return whether a campaign runs on ``day``, or ended less than three days ago."""
    return (day - timedelta(days=2)).isocalendar().week in CAMPAIGN_WEEKS or (
        day.isocalendar().week in CAMPAIGN_WEEKS
    )


def load(day: date) -> float:
    """Return how many times as many errands arrive on ``day`` as on a Wednesday, on average."""
    factor = WEEKDAYS[day.weekday()] * MONTHS[day.month - 1]
    if (day.month, day.day) in HOLIDAYS:
        factor = HOLIDAY
    return factor * (CAMPAIGN if is_campaign(day) else 1)


def arrivals(day: date, zone: ZoneInfo, rng: random.Random) -> tuple[int, ...]:
    """Return when the errands of ``day`` arrive (epoch seconds, ascending)."""
    mean = ERRANDS_PER_DAY * load(day)
    count = max(0, round(rng.gauss(mean, SPREAD * mean**0.5)))
    hours = WORKDAY_HOURS if is_workday(day) else FREE_DAY_HOURS
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return tuple(
        sorted(
            int(midnight.replace(hour=hour).timestamp()) + rng.randrange(3_600)
            for hour in rng.choices(range(24), hours, k=count)
        )
    )
