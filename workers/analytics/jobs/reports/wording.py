"""The texts of a report in its language, and how numbers, times and days are written in it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import lru_cache
from importlib import resources
from typing import Any

from workers.analytics.jobs.reports.completeness import Completeness
from workers.analytics.jobs.reports.figures import WeekReport
from workers.analytics.jobs.reports.lines import Line, Unit, Value
from workers.analytics.jobs.reports.period import PeriodFigures
from workers.analytics.rules.weeks import Week

HOUR_MIN, DAY_MIN = 60, 1_440
LONG_MIN = 2 * DAY_MIN  # from here on in whole hours
COMPUTING = "computing"  # state of analyst.freshness
FEW_ERRANDS = 30  # of fewer, percentiles say little
MINUS, NO_BREAK = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language."""

    code: str
    texts: Mapping[str, Any] = field(repr=False)
    thousands: str  # between groups of three digits
    point: str  # before decimals
    percent: str
    points: str  # of a difference of percentages

    def text(self, key: str, **values: object) -> str:
        """Return a text with its values. What others wrote stays as it is."""
        text: str = self.texts[key]
        return text.format(**values) if values else text

    def state(self, state: str) -> str:
        """Return a state of analyst.freshness in this language."""
        states: Mapping[str, str] = self.texts["states"]
        return states.get(state, state)

    def column(self, key: str) -> str:
        """Return the heading of a column of a table."""
        columns: Mapping[str, str] = self.texts["columns"]
        return columns[key]

    def days(self, key: str = "days") -> Sequence[str]:
        """Return the names of the weekdays, or the ``short_days``."""
        names: Sequence[str] = self.texts[key]
        return names

    def number(self, number: float, *, decimals: int = 0) -> str:
        """Return a number with the signs of the language."""
        plain = f"{abs(number):,.{decimals}f}"
        sign = MINUS if number < 0 and plain.strip("0.,") else ""
        marks = {",": self.thousands, ".": self.point}
        return sign + "".join(marks.get(one, one) for one in plain)

    def minutes(self, minutes: float) -> str:
        """Return a duration, such as ``3 h 5 min``."""
        whole = round(minutes)
        if minutes < 10 and minutes != whole:
            return f"{self.number(minutes, decimals=1)}{NO_BREAK}min"
        if whole < HOUR_MIN:
            return f"{whole}{NO_BREAK}min"
        if whole < LONG_MIN:
            return f"{whole // HOUR_MIN}{NO_BREAK}h{NO_BREAK}{whole % HOUR_MIN}{NO_BREAK}min"
        return f"{self.number(whole / HOUR_MIN, decimals=0)}{NO_BREAK}h"

    def share(self, share: float) -> str:
        """Return a share, from 0 to 1, in percent."""
        return self.number(100 * share, decimals=1) + self.percent

    def value(self, unit: Unit, number: float) -> str:
        """Return a figure."""
        match unit:
            case Unit.COUNT:
                return self.number(number)
            case Unit.MINUTES:
                return self.minutes(number)
            case Unit.SHARE:
                return self.share(number)
            case Unit.POINTS:
                return self.number(number)

    def cell(self, line: Line, value: Value | None) -> str:
        """Return a figure; a dash for none."""
        return self.text("nothing") if value is None else self.value(line.unit, value.number)

    def interval(self, line: Line, value: Value) -> str:
        """Return the ends of the interval of a score; empty if it has none."""
        if value.low is None or value.high is None:
            return ""
        low, high = (self.value(line.unit, end) for end in (value.low, value.high))
        return self.text("interval", low=low, high=high)

    def change(self, line: Line, earlier: Value | None) -> str:
        """Return the difference to an earlier week; a dash if there is nothing to compare."""
        now = line.now
        if now is None or earlier is None or now.few or earlier.few:
            return self.text("nothing")
        if line.unit in (Unit.SHARE, Unit.POINTS):
            scale = 100 if line.unit is Unit.SHARE else 1
            difference = scale * (now.number - earlier.number)
            unit = self.points if line.unit is Unit.SHARE else ""
            return self._signed(difference, 1) + unit
        return self.growth(now.number, earlier.number)

    def growth(self, now: float, earlier: float) -> str:
        """Return by how many percent a number has grown; a dash if it was 0."""
        if not earlier:
            return self.text("nothing")
        return self._signed(100 * (now - earlier) / earlier, 0) + self.percent

    def label(self, line: Line) -> str:
        """Return the name of a figure."""
        return self.text(line.key, of=line.of) if line.of else self.text(line.key)

    def day(self, day: date) -> str:
        """Return a day."""
        return day.isoformat()

    def moment(self, moment: datetime, zone: tzinfo | None) -> str:
        """Return a time by the clock of ``zone``."""
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"

    def _signed(self, number: float, decimals: int) -> str:
        text = self.number(number, decimals=decimals)
        return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"


_SIGNS = {
    "en": {"thousands": ",", "point": ".", "percent": "%", "points": f"{NO_BREAK}pp"},
    "sv": {
        "thousands": NO_BREAK,
        "point": ",",
        "percent": f"{NO_BREAK}%",
        "points": f"{NO_BREAK}p.e.",
    },
}


@lru_cache
def wording_in(language: str) -> Wording:
    """Return the texts of a language of the settings."""
    texts = tomllib.loads((resources.files(__package__) / f"{language}.toml").read_text("utf-8"))
    return Wording(code=language, texts=texts, **_SIGNS[language])


def sections_of(report: WeekReport) -> Sequence[tuple[str, Sequence[Line]]]:
    """Return the groups of lines in their order, each with the key of its heading."""
    return (
        ("volumes", report.volumes),
        ("first_responses", report.first_responses),
        ("resolutions", report.resolutions),
        ("quality", report.quality),
        ("scores", report.scores),
    )


def notes_of(report: WeekReport, words: Wording) -> list[str]:
    """Return what is missing or to be known before the figures are read."""
    week, first = report.week, report.first_day
    if first is None:
        return [words.text("no_errands")]
    if first > week.sunday:
        return [words.text("before_first", day=words.day(first))]
    notes = []
    if not report.over:
        notes.append(words.text("not_over"))
    if first > week.monday:
        notes.append(words.text("begins_in_week", day=words.day(first)))
    notes += _comparison_notes(first, week, report.year_before, words)
    arrived = report.volumes[0].now
    if arrived is not None and arrived.number == 0:
        notes.append(words.text("no_arrivals"))
    elif arrived is not None and arrived.number < FEW_ERRANDS:
        notes.append(words.text("few_errands", number=words.number(arrived.number)))
    if report.volumes[-1].now is None:
        notes.append(words.text("no_backlog"))
    notes += _notes_of_times(words, hours=report.has_opening_hours, exact=report.times_exact)
    if report.quality[0].now is None:
        notes.append(words.text("no_sla"))
    return notes


def period_notes(found: PeriodFigures, words: Wording, *, over: bool) -> list[str]:
    """Return what is missing or to be known before the figures of a period are read."""
    period, first = found.period, found.about.first_day
    if first is None:
        return [words.text("no_errands")]
    if not found.has_data:
        return [words.text("period_before_first", day=words.day(first))]
    notes = []
    if not over:
        notes.append(words.text("period_not_over"))
    if first > period.first:
        notes.append(words.text("period_begins_in", day=words.day(first)))
    if first > period.before.last:
        notes.append(words.text("no_period_before"))
    arrived = found.totals[period].arrived
    if arrived == 0:
        notes.append(words.text("none_in_period"))
    elif arrived < FEW_ERRANDS:
        notes.append(words.text("few_in_period", number=words.number(arrived)))
    notes += _notes_of_times(words, hours=found.about.has_opening_hours, exact=found.times_exact)
    return notes


def _notes_of_times(words: Wording, *, hours: bool, exact: bool) -> list[str]:
    known = {"no_opening_hours": hours, "rounded_times": exact}
    return [words.text(key) for key, holds in known.items() if not holds]


def _comparison_notes(
    first: date, week: Week, year_before: Week | None, words: Wording
) -> list[str]:
    notes = []
    if first > week.before.sunday:
        notes.append(words.text("no_week_before"))
    if year_before is None:
        notes.append(words.text("no_week_53"))
    elif first > year_before.sunday:
        notes.append(words.text("no_year_before"))
    return notes


def completeness_of(report: WeekReport, words: Wording) -> list[str]:
    """Return until when the figures of a week are complete, and what is still on its way."""
    ended_at = report.week.ended_at(report.zone)
    return completeness_until(report.completeness, ended_at, words, ends_before="ends_before")


def completeness_until(
    found: Completeness, ended_at: datetime, words: Wording, *, ends_before: str
) -> list[str]:
    """Return until when figures are complete, by the clock of ``ended_at``, and what is not here.

    ``ends_before`` is the text that says that this is earlier than ``ended_at``.
    """
    if found.until is None:
        lines = [words.text("not_polled")]
    else:
        lines = [words.text("complete_until", at=words.moment(found.until, ended_at.tzinfo))]
        if found.until < ended_at:
            lines[0] += f" {words.text(ends_before)}"
    for key, number in (
        ("missing", found.missing),
        ("waiting", found.waiting),
        ("stuck", found.stuck),
    ):
        if number:
            lines.append(words.text(key, number=words.number(number)))
    if COMPUTING in found.states:
        lines.append(words.text("computing_all"))
    elif found.computing:
        lines.append(words.text("computing"))
    if states := [words.state(state) for state in found.states if state != COMPUTING]:
        lines.append(words.text("trouble", states=", ".join(states)))
    elif found.until is not None and not found.computing:
        lines.append(words.text("all_fresh"))
    return lines
