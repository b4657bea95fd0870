"""A report as one HTML page that needs nothing else: no script, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Protocol

from jinja2 import Environment, StrictUndefined, Template

from workers.analytics.jobs.reports import chart_files, charts
from workers.analytics.jobs.reports.figures import TrendWeek, WeekReport
from workers.analytics.jobs.reports.wording import (
    Wording,
    completeness_of,
    notes_of,
    sections_of,
    wording_in,
)
from workers.analytics.store.period_figures import AGE_BANDS

NAME_CHARACTERS = 80  # the rest of a longer name is left out


class Named(Protocol):
    """What has a number, and a name that others wrote; no number: it stands for none."""

    @property
    def id(self) -> int | None: ...

    @property
    def name(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A number with its name."""

    id: int | None
    name: str | None


def as_page(report: WeekReport, *, language: str) -> str:
    """Return the page. What customers and vendors wrote is text in it, whatever it has."""
    words = wording_in(language)
    has_data = report.first_day is not None and report.first_day <= report.week.sunday
    sections = [(key, lines, words.texts.get(f"{key}_about")) for key, lines in sections_of(report)]
    return _template().render(
        report=report,
        words=words,
        has_data=has_data,
        notes=notes_of(report, words),
        completeness=completeness_of(report, words),
        sections=sections,
        groups=[
            (key, heading, lines)
            for key, heading, lines in (
                ("areas", "area", report.areas),
                ("channels", "channel", report.channels),
            )
            if lines
        ],
        age_bands=AGE_BANDS,
        trend_chart=_trend_chart(report.trend, words),
        ages_chart=charts.ages_chart(
            [one.backlog for one in report.trend],
            _labels(report.trend),
            words,
            title=words.text("ages"),
            description=words.text("ages_about"),
        ),
        hours_chart=charts.hours_chart(
            report.arrivals_by_hour, words, description=words.text("busy_hours_about")
        ),
        chart_css=chart_files.css(),
        has_backlog=any(one.backlog is not None for one in report.trend),
        busiest=_busiest(report, words),
        name_of=lambda line: name_of(line, words),
        has_few=_has_few(report),
    )


def name_of(line: Named, words: Wording) -> str:
    """Return the name of an area, channel, tag or agent, not longer than a table bears."""
    if line.id is None:
        return words.text("none")
    name = "".join(one for one in line.name or "" if one.isprintable()).strip()
    if not name:
        return words.text("unknown_name", id=line.id)
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"


def _trend_chart(trend: Sequence[TrendWeek], words: Wording) -> charts.Chart:
    return charts.line_chart(
        {
            words.text("arrived"): [one.arrived for one in trend],
            words.text("closed"): [one.closed for one in trend],
        },
        _labels(trend),
        words,
        name="trend",
        title=words.text("trend"),
        description=words.text("trend_about"),
    )


def _labels(trend: Sequence[TrendWeek]) -> list[str]:
    return [str(one.week)[-2:] for one in trend]


def _busiest(report: WeekReport, words: Wording) -> str | None:
    if not report.arrivals_by_hour:
        return None
    (weekday, hour), number = max(
        report.arrivals_by_hour.items(), key=lambda one: (one[1], (-one[0][0], -one[0][1]))
    )
    return words.text(
        "busiest",
        day=words.days()[weekday - 1],
        hour=f"{hour:02}",
        next=f"{hour + 1:02}",
        number=words.number(number),
    )


def _has_few(report: WeekReport) -> bool:
    lines: Sequence[object] = [
        value
        for section in (
            report.first_responses,
            report.resolutions,
            report.quality,
            report.scores,
        )
        for line in section
        for value in (line.now, line.before, line.year_before)
        if value is not None and value.few
    ]
    return bool(lines)


@lru_cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = (resources.files(__package__) / "report.html").read_text("utf-8")
    return environment.from_string(text)
