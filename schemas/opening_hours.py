"""The file of opening hours and holidays: read whole, or refused with all its mistakes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields

from schemas.surveys import values
from schemas.surveys.values import MINUTES_PER_DAY, Table, Value
from schemas.text.toml_lines import Path, line_index
from schemas.text.toml_mistakes import MistakesError, flat, located, parse

DAYS_PER_WEEK = 7
MINUTES_PER_WEEK = DAYS_PER_WEEK * MINUTES_PER_DAY
FIRST_YEAR, LAST_YEAR = 1970, 2199
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Opening hours that begin on one day of each week, for all areas or one."""

    area_id: int | None
    weekday: int  # of the beginning, 1 is Monday
    from_minute: int  # of that local day
    to_minute: int  # above 1,440: of the day after


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A day on which no opening hours begin, for all areas or one."""

    area_id: int | None
    date: date
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A file without mistakes."""

    openings: tuple[Opening, ...]
    holidays: tuple[Holiday, ...]


class HoursTable(Table):
    """``[[hours]]``."""

    days = Value(values.days, required=True)
    begins = Value(lambda value: _minute(value), data_key="from", required=True)
    ends = Value(lambda value: _minute(value), data_key="to", required=True)
    areas = Value(values.many(values.text()))


class HolidayTable(Table):
    """``[[holiday]]``."""

    date = Value(lambda value: _date(value), required=True)
    name = Value(values.text(), required=True)
    areas = Value(values.many(values.text()))


class CalendarTable(Table):
    """The whole file."""

    hours = fields.List(
        fields.Nested(HoursTable),
        load_default=(),
        error_messages={"invalid": "must be written as [[hours]]"},
    )
    holiday = fields.List(
        fields.Nested(HolidayTable),
        load_default=(),
        error_messages={"invalid": "must be written as [[holiday]]"},
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """Opening hours of one area in minutes since the Monday of a week."""

    begin: int
    end: int
    path: Path

    def overlaps(self, other: _Span) -> bool:
        """Return whether both are open at one time, also from Sunday to Monday."""
        return any(
            self.begin + shift < other.end and other.begin < self.end + shift
            for shift in (-MINUTES_PER_WEEK, 0, MINUTES_PER_WEEK)
        )


def read_calendar(content: str, *, areas: Mapping[str, Collection[int]]) -> Calendar:
    """Read a file of opening hours; ``areas`` are the ids of the areas with each name.

    Raises ``MistakesError`` with every mistake.
    """
    document = parse(content)
    faults: list[tuple[Path, str]] = []
    try:
        CalendarTable().load(document)
    except ValidationError as error:
        faults += flat(error.messages)
    if not faults and not document.get("hours") and not document.get("holiday"):
        faults.append(((), "has neither [[hours]] nor [[holiday]]; add one"))
    openings = list(_openings(document, areas, faults))
    holidays = list(_holidays(document, areas, faults))
    if faults:
        raise MistakesError(located(faults, line_index(content)))
    return Calendar(openings=tuple(openings), holidays=tuple(holidays))


def _openings(
    document: Mapping[str, Any],
    areas: Mapping[str, Collection[int]],
    faults: list[tuple[Path, str]],
) -> Iterator[Opening]:
    """Yield the openings of the tables that have no mistakes; add what is wrong between them."""
    known: dict[int | None, list[_Span]] = {}
    for path, table in _tables(document, "hours", HoursTable):
        begin, end = table["begins"], table["ends"]
        if begin >= MINUTES_PER_DAY:
            faults.append(((*path, "from"), "must be before 24:00; write 00:00 of the next day"))
            continue
        if begin == end:
            faults.append(((*path, "to"), 'is the same as "from"; a whole day is 00:00 to 24:00'))
            continue
        end += MINUTES_PER_DAY if end < begin else 0
        for area_id in _area_ids(path, table, areas, faults):
            for day in sorted(table["days"]):
                shift = day * MINUTES_PER_DAY
                span = _Span(begin + shift, end + shift, path)
                spans = known.setdefault(area_id, [])
                if other := next((one for one in spans if one.overlaps(span)), None):
                    faults.append((path, _overlap(values.DAYS[day], other.path)))
                spans.append(span)
                yield Opening(area_id=area_id, weekday=day + 1, from_minute=begin, to_minute=end)


def _holidays(
    document: Mapping[str, Any],
    areas: Mapping[str, Collection[int]],
    faults: list[tuple[Path, str]],
) -> Iterator[Holiday]:
    known: set[tuple[int | None, date]] = set()
    for path, table in _tables(document, "holiday", HolidayTable):
        for area_id in _area_ids(path, table, areas, faults):
            if (area_id, table["date"]) in known:
                faults.append(((*path, "date"), "is a holiday of the same area already; remove it"))
            known.add((area_id, table["date"]))
            yield Holiday(area_id=area_id, date=table["date"], name=table["name"])


def _area_ids(
    path: Path,
    table: Mapping[str, Any],
    areas: Mapping[str, Collection[int]],
    faults: list[tuple[Path, str]],
) -> list[int | None]:
    """Return the areas of a table, ``None`` for all; add names that no area has."""
    if "areas" not in table:
        return [None]
    found: list[int | None] = []
    for place, name in enumerate(table["areas"]):
        if name not in areas:
            faults.append(((*path, "areas", place), f"there is no area {name!r}; {_known(areas)}"))
        found += sorted(areas.get(name, ()))
    return found


def _tables(
    document: Mapping[str, Any], name: str, kind: type[Table]
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield path and values of each table without mistakes of its own."""
    listed = document.get(name)
    for place, table in enumerate(listed if isinstance(listed, list) else ()):
        try:
            yield (name, place), kind().load(table)
        except ValidationError:
            continue  # in the list of mistakes already


def _known(areas: Collection[str]) -> str:
    return f"known are: {', '.join(sorted(areas))}" if areas else "no area was reported yet"


def _overlap(day: str, other: Path) -> str:
    return f"overlaps on {day} with hours[{int(other[1]) + 1}] of the same area; change one"


def _minute(value: Any) -> int:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError('must be a time of the day such as "08:00", at most "24:00"')
    hour, minute = value.split(":")
    return int(hour) * 60 + int(minute)


def _date(value: Any) -> date:
    found = value if isinstance(value, date) and not isinstance(value, datetime) else None
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            raise ValueError("is a day that no calendar has") from None
    if found is None:
        raise ValueError('must be a day such as "2024-05-01"')
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"must be in a year from {FIRST_YEAR} to {LAST_YEAR}")
    return found
