"""Charts of a period by area, channel, agent and tag, and of the scores of surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from workers.analytics.jobs.reports import charts
from workers.analytics.jobs.reports.charts import Bar, Interval
from workers.analytics.jobs.reports.lines import FEW, Unit
from workers.analytics.jobs.reports.page import Named, name_of
from workers.analytics.jobs.reports.panels import (
    NAMED,
    Column,
    Panel,
    Value,
    few_note,
    query_of,
)
from workers.analytics.jobs.reports.period import PeriodFigures
from workers.analytics.jobs.reports.wording import Wording
from workers.analytics.store import period_figures
from workers.analytics.store.period_figures import (
    MOST_ANSWERS,
    SQL,
    AgentWork,
    Group,
    Scores,
    TagCount,
    agents_query,
    groups_query,
    tags_query,
)

MOST_BARS = 20
Row = TypeVar("Row", Group, TagCount, AgentWork)
Id = TypeVar("Id", int, int | None)


def tags(figures: PeriodFigures, words: Wording) -> Panel:
    """Return the errands that arrived, by tag."""
    now, before = _split(figures, figures.tags)
    earlier = {one.id: one.errands for one in before}
    rows = [(one, one.errands, _before(figures, earlier, one.id)) for one in now]
    return _named(
        "tags",
        words,
        bars=rows,
        columns=[Column(key="errands", unit=Unit.COUNT), Column(key="before", unit=Unit.COUNT)],
        values=[[errands, before] for _, errands, before in rows],
        query=query_of(figures, tags_query(figures.scope), figures.compared_periods),
    )


def agents(figures: PeriodFigures, words: Wording) -> Panel:
    """Return what agents answered, and how satisfied customers were."""
    now, before = _split(figures, figures.agents)
    earlier = {one.id: one.responses for one in before}
    rows = [(one, one.responses, _before(figures, earlier, one.id)) for one in now]
    return _named(
        "agents",
        words,
        bars=rows,
        columns=[
            *(Column(key=key, unit=Unit.COUNT) for key in ("responses", "before", "errands")),
            *(Column(key=key, unit=Unit.COUNT) for key in ("csat_n", "satisfied")),
            *(Column(key=key, unit=Unit.SHARE) for key in ("satisfied_share", "low", "high")),
        ],
        values=[
            [
                *(responses, before, one.errands, one.csat_n, one.satisfied),
                *(one.satisfied / one.csat_n if one.csat_n else None, one.low, one.high),
            ]
            for one, responses, before in rows
        ],
        query=query_of(figures, agents_query(figures.scope), figures.compared_periods),
        notes=[
            *few_note([one.csat_n for one in now if one.csat_n], words, key="few_agents"),
            *_uncounted_note(now, words),
        ],
    )


def _uncounted_note(agents: Sequence[AgentWork], words: Wording) -> list[str]:
    if all(one.errands is not None for one in agents):
        return []
    return [words.text("errands_not_counted", number=words.number(MOST_ANSWERS))]


def areas(figures: PeriodFigures, words: Wording) -> Panel:
    """Return the errands that arrived, by area."""
    return _groups("areas", figures, figures.areas, words, by="area")


def channels(figures: PeriodFigures, words: Wording) -> Panel:
    """Return the errands that arrived, by channel."""
    return _groups("channels", figures, figures.channels, words, by="channel")


def _groups(
    name: str, figures: PeriodFigures, found: Sequence[Group], words: Wording, *, by: str
) -> Panel:
    """Return areas or channels; those that had arrivals only in the period before come last."""
    now, before = _split(figures, found)
    earlier = {one.id: one.arrived for one in before}
    present = {one.id for one in now}
    now += [
        period_figures.no_arrivals(figures.period, one.id, one.name)
        for one in before
        if one.id not in present
    ]
    rows = [(one, one.arrived, _before(figures, earlier, one.id)) for one in now]
    return _named(
        name,
        words,
        bars=rows,
        columns=[
            *(Column(key=key, unit=Unit.COUNT) for key in ("arrived", "before")),
            Column(key="first_response_n", unit=Unit.COUNT),
            Column(key="first_response_median", unit=Unit.MINUTES),
            Column(key="first_response_p90", unit=Unit.MINUTES),
            Column(key="sla_n", unit=Unit.COUNT),
            Column(key="within_sla_share", unit=Unit.SHARE),
        ],
        values=[
            [
                *(arrived, before, one.first_response_n, one.first_response_median),
                *(one.first_response_p90, one.sla_n),
                one.within_sla / one.sla_n if one.sla_n else None,
            ]
            for one, arrived, before in rows
        ],
        query=query_of(figures, groups_query(figures.scope, by), figures.compared_periods, by=by),
    )


def _named(
    name: str,
    words: Wording,
    *,
    bars: Sequence[tuple[Named, int, int | None]],
    columns: Sequence[Column],
    values: Sequence[Sequence[Value]],
    query: str,
    notes: Sequence[str] = (),
) -> Panel:
    """Return figures by name, the largest as bars."""
    title, about = words.text(f"{name}_chart"), words.text(f"{name}_chart_about")
    shown = [
        Bar(label=name_of(one, words), number=now, before=before)
        for one, now, before in bars[:MOST_BARS]
    ]
    left_out = len(bars) - len(shown)
    more = [words.text("bars_left_out", number=words.number(left_out))] if left_out else []
    return Panel(
        name=name,
        title=title,
        about=about,
        columns=[*NAMED, *columns],
        rows=[[one.id, one.name, *found] for (one, _, _), found in zip(bars, values, strict=True)],
        chart=charts.bars_chart(shown, words, name=name, title=title, description=about)
        if shown
        else None,
        query=query,
        notes=[*notes, *more],
    )


def scores(figures: PeriodFigures, words: Wording) -> Panel:
    """Return what customers answered to surveys, with its interval."""
    title, about = words.text("scores_chart"), words.text("scores_chart_about")
    found = figures.scores
    newest_first = sorted(found, key=lambda one: (one.kind, one.highest, -one.first.toordinal()))
    drawn = [_interval(one, figures, words) for one in newest_first]
    return Panel(
        name="scores",
        title=title,
        about=about,
        columns=[
            *(Column(key=key) for key in ("first", "last", "kind", "lowest", "highest")),
            Column(key="n", unit=Unit.COUNT),
            *(Column(key=key) for key in ("value", "low", "high")),
        ],
        rows=[
            [
                *(one.first, one.last, one.kind, one.lowest, one.highest, one.n),
                *(round(end, 4) for end in (one.value, one.low, one.high)),
            ]
            for one in found
        ],
        chart=charts.intervals_chart(drawn, name="scores", title=title, description=about)
        if drawn
        else None,
        query=query_of(figures, SQL["scores"], figures.compared_periods),
        notes=few_note([one.n for one in found], words, key="few_scores"),
    )


def _interval(one: Scores, figures: PeriodFigures, words: Wording) -> Interval:
    is_share = one.kind == "csat"
    unit = Unit.SHARE if is_share else Unit.POINTS
    when = "this_period" if one.period == figures.period else "period_before"
    of = f"{one.lowest:f}\N{EN DASH}{one.highest:f}"
    few = f", {words.text('few')}" if one.n < FEW else ""
    return Interval(
        label=f"{words.text(one.kind, of=of)}, {words.text(when)}",
        value=float(one.value),
        low=float(one.low),
        high=float(one.high),
        least=0 if is_share else -100,
        most=1 if is_share else 100,
        text=f"{words.value(unit, float(one.value))} (n {words.number(one.n)}{few})",
    )


def _split(figures: PeriodFigures, found: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows of the period, and those of the one before."""
    now = [one for one in found if one.period == figures.period]
    return now, [one for one in found if one.period == figures.period.before]


def _before(figures: PeriodFigures, earlier: Mapping[Id, int], id_: Id) -> int | None:
    """Return the number of the period before; ``None`` if there was no data."""
    return earlier.get(id_, 0) if figures.compared.has(figures.period.before) else None
