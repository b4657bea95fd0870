"""Charts of a period by its days or weeks, and by the hours of the week."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import LiteralString

from workers.analytics.jobs.reports import charts
from workers.analytics.jobs.reports.lines import Unit
from workers.analytics.jobs.reports.panels import Column, Panel, few_note, query_of
from workers.analytics.jobs.reports.period import PeriodFigures
from workers.analytics.jobs.reports.wording import Wording
from workers.analytics.rules.periods import Period
from workers.analytics.store.period_figures import (
    AGE_BANDS,
    SQL,
    Totals,
    counts_query,
    hours_query,
)

Columns = dict[str, tuple[Unit, Callable[[Totals], float | None]]]


def volumes(figures: PeriodFigures, words: Wording) -> Panel:
    """Return what arrived, was answered and was closed."""
    return _by_step(
        "volumes",
        figures,
        words,
        columns={
            "arrived": (Unit.COUNT, lambda one: one.arrived),
            "responses": (Unit.COUNT, lambda one: one.responses),
            "closed": (Unit.COUNT, lambda one: one.closed),
        },
        drawn=("arrived", "responses", "closed"),
        query=counts_query(figures.scope),
    )


def first_responses(figures: PeriodFigures, words: Wording) -> Panel:
    """Return the times to the first answer."""
    columns: Columns = {
        "first_response_n": (Unit.COUNT, lambda one: one.first_response_n),
        "first_response_median": (Unit.MINUTES, lambda one: one.first_response_median),
        "first_response_p90": (Unit.MINUTES, lambda one: one.first_response_p90),
    }
    if figures.about.has_opening_hours:
        columns |= {
            "first_response_business_median": (
                Unit.MINUTES,
                lambda one: one.first_response_business_median,
            ),
            "first_response_business_p90": (
                Unit.MINUTES,
                lambda one: one.first_response_business_p90,
            ),
        }
    drawn = ("first_response_median", "first_response_p90")
    few = few_note([one.first_response_n for one in figures.step_totals() if one], words)
    return _by_step(
        "first_responses",
        figures,
        words,
        columns=columns,
        drawn=drawn,
        query=SQL["times"],
        notes=few,
    )


def sla(figures: PeriodFigures, words: Wording) -> Panel:
    """Return the share within the SLA."""
    return _by_step(
        "sla",
        figures,
        words,
        columns={
            "sla_n": (Unit.COUNT, lambda one: one.sla_n),
            "within_sla": (Unit.COUNT, lambda one: one.within_sla),
            "within_sla_share": (
                Unit.SHARE,
                lambda one: one.within_sla / one.sla_n if one.sla_n else None,
            ),
        },
        drawn=("within_sla_share",),
        query=counts_query(figures.scope),
        notes=few_note([one.sla_n for one in figures.step_totals() if one], words),
    )


def reopenings(figures: PeriodFigures, words: Wording) -> Panel:
    """Return how often errands were reopened."""
    return _by_step(
        "reopenings",
        figures,
        words,
        columns={
            "reopened": (Unit.COUNT, lambda one: one.reopened),
            "closed": (Unit.COUNT, lambda one: one.closed),
            "closed_and_reopened": (Unit.COUNT, lambda one: one.closed_and_reopened),
        },
        drawn=("reopened",),
        query=counts_query(figures.scope),
    )


def _by_step(
    name: str,
    figures: PeriodFigures,
    words: Wording,
    *,
    columns: Columns,
    drawn: Sequence[str],
    query: LiteralString,
    notes: Sequence[str] = (),
) -> Panel:
    """Return figures day by day, or week by week, as lines; drawn columns have one unit."""
    totals = figures.step_totals()
    series = {
        words.column(key): [columns[key][1](one) if one else None for one in totals]
        for key in drawn
    }
    has_any = any(number for found in series.values() for number in found)
    title, about = words.text(f"{name}_chart"), words.text(f"{name}_chart_about")
    return Panel(
        name=name,
        title=title,
        about=about,
        columns=[
            *_step_columns(figures),
            *(Column(key=key, unit=unit) for key, (unit, _) in columns.items()),
        ],
        rows=[
            [*_days(figures, step), *(value(one) if one else None for _, value in columns.values())]
            for step, one in zip(figures.steps, totals, strict=True)
        ],
        chart=charts.line_chart(
            series,
            _labels(figures),
            words,
            name=name,
            title=title,
            description=about,
            unit=columns[drawn[0]][0],
        )
        if has_any
        else None,
        query=query_of(figures, query, figures.steps),
        notes=notes if has_any else (),
    )


def backlog(figures: PeriodFigures, words: Wording) -> Panel:
    """Return what was open at the end of each step, by age."""
    ages = [figures.backlog.get(one.last) for one in figures.steps]
    known = [one for one in figures.steps if one.last in figures.backlog]
    title, about = words.text("backlog_chart"), words.text("backlog_chart_about")
    by_channel = figures.scope.service_id is not None
    return Panel(
        name="backlog",
        title=title,
        about=about,
        columns=[
            Column(key="day"),
            *(Column(key=f"age_{band}", unit=Unit.COUNT) for band in AGE_BANDS),
        ],
        rows=[
            [step.last, *(found[band] if found else None for band in AGE_BANDS)]
            for step, found in zip(figures.steps, ages, strict=True)
        ],
        chart=charts.ages_chart(ages, _labels(figures), words, title=title, description=about)
        if known
        else None,
        query=query_of(figures, SQL["backlog"], known) if known else "",
        notes=[words.text("backlog_not_by_channel")] if by_channel else [],
    )


def hours(figures: PeriodFigures, words: Wording) -> Panel:
    """Return the heat map of arrivals."""
    about = words.text("hours_chart_about")
    by_agent = figures.scope.agent_id is not None
    chart = charts.hours_chart(figures.hours, words, description=about) if figures.hours else None
    return Panel(
        name="hours",
        title=words.text("busy_hours"),
        about=about,
        columns=[
            Column(key="weekday", unit=Unit.COUNT),
            Column(key="hour", unit=Unit.COUNT),
            Column(key="arrived", unit=Unit.COUNT),
        ],
        rows=[[*key, number] for key, number in sorted(figures.hours.items())],
        chart=chart,
        query="" if by_agent else query_of(figures, hours_query(figures.scope), [figures.period]),
        notes=[words.text("hours_not_by_agent")] if by_agent else [],
    )


def _step_columns(figures: PeriodFigures) -> list[Column]:
    keys = ("first", "last") if figures.period.by_weeks else ("day",)
    return [Column(key=key) for key in keys]


def _days(figures: PeriodFigures, step: Period) -> list[date]:
    return [step.first, step.last] if figures.period.by_weeks else [step.first]


def _labels(figures: PeriodFigures) -> list[str]:
    return [f"{one.first:%m-%d}" for one in figures.steps]
