"""Loads a file of opening hours and holidays: whole, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import holidays

from schemas.opening_hours import Calendar, Holiday, read_calendar
from schemas.text.toml_mistakes import decode

MAX_FILE_BYTES = 1024 * 1024


def read_file(path: Path, *, areas: Mapping[str, Collection[int]]) -> Calendar:
    """Read a file; ``areas`` are the ids of the areas with each name.

    Raises ``MistakesError`` with every mistake, or ``OSError``.
    """
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    return read_calendar(decode(content, max_bytes=MAX_FILE_BYTES), areas=areas)


def countries() -> Collection[str]:
    """Return the codes of the countries whose holidays are known."""
    return holidays.list_supported_countries()


def with_holidays_of(calendar: Calendar, country: str, years: range) -> Calendar:
    """Return the calendar with the public holidays of a country, for all areas.

    A day that is a holiday of all areas in the file keeps its name.
    """
    known = {one.date for one in calendar.holidays if one.area_id is None}
    found = holidays.country_holidays(country, years=years)
    added = tuple(
        Holiday(area_id=None, date=day, name=name)
        for day, name in sorted(found.items())
        if day not in known
    )
    return replace(calendar, holidays=calendar.holidays + added)
