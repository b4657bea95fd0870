"""The charts of a report as inline SVG. Colours are classes of the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from workers.analytics.jobs.reports.figures import TrendWeek
from workers.analytics.jobs.reports.wording import Wording
from workers.analytics.store.period_figures import AGE_BANDS

WIDTH, HEIGHT = 400, 200  # letters stay readable at 320 pixels
LEFT, RIGHT, TOP, BOTTOM = 40, 6, 10, 24
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
HOURS = 24
CELL, ROW = (WIDTH - LEFT - RIGHT) / HOURS, 20
LABEL_EVERY_H = 3
FAINTEST = 0.12  # opacity of a cell with one errand of many


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart with what a screen reader says of it."""

    name: str  # unique in the page
    title: str
    description: str
    height: float
    marks: Markup

    def __html__(self) -> str:
        return Markup(
            '<svg viewBox="0 0 {w} {h:g}" role="img" aria-labelledby="{n}-title {n}-about">'
            '<title id="{n}-title">{title}</title><desc id="{n}-about">{about}</desc>{marks}</svg>'
        ).format(
            w=WIDTH,
            h=self.height,
            n=self.name,
            title=self.title,
            about=self.description,
            marks=self.marks,
        )


def trend_chart(trend: Sequence[TrendWeek], words: Wording) -> Chart:
    """Return arrivals and closings by week, as two lines."""
    series = {"arrived": [one.arrived for one in trend], "closed": [one.closed for one in trend]}
    top = _nice_top(max((n for found in series.values() for n in found if n), default=0))
    marks = [*_axes(trend, top, words)]
    for name, numbers in series.items():
        marks += _line(name, numbers, top)
    return Chart(
        name="trend",
        title=words.text("trend"),
        description=words.text("trend_about"),
        height=HEIGHT,
        marks=Markup("").join(marks),
    )


def ages_chart(trend: Sequence[TrendWeek], words: Wording) -> Chart:
    """Return the backlog at the end of each week, as bars of ages, the oldest at the bottom."""
    sums = [sum(one.backlog.values()) for one in trend if one.backlog]
    top = _nice_top(max(sums, default=0))
    marks = [*_axes(trend, top, words)]
    for place, one in enumerate(trend):
        marks += _bar(place, len(trend), one.backlog or {}, top)
    return Chart(
        name="ages",
        title=words.text("ages"),
        description=words.text("ages_about"),
        height=HEIGHT,
        marks=Markup("").join(marks),
    )


def hours_chart(arrivals: Mapping[tuple[int, int], int], words: Wording) -> Chart:
    """Return arrivals by weekday and hour: the darker, the more."""
    most = max(arrivals.values(), default=0)
    marks: list[Markup] = []
    for weekday, name in enumerate(words.days("short_days"), start=1):
        y = TOP + ROW * (weekday - 1)
        marks.append(_text(LEFT - 6, y + ROW * 0.7, name, "end"))
        for hour in range(HOURS):
            number = arrivals.get((weekday, hour), 0)
            marks.append(_cell(LEFT + CELL * hour, y, number, most))
    below = TOP + ROW * 7 + 16
    for hour in range(0, HOURS, LABEL_EVERY_H):
        marks.append(_text(LEFT + CELL * (hour + 0.5), below, f"{hour:02}", "middle"))
    return Chart(
        name="hours",
        title=words.text("busy_hours"),
        description=words.text("busy_hours_about"),
        height=below + 6,
        marks=Markup("").join(marks),
    )


def _axes(trend: Sequence[TrendWeek], top: float, words: Wording) -> Iterator[Markup]:
    for part in (0, 0.5, 1):
        y = TOP + PLOT_HEIGHT * (1 - part)
        yield Markup('<path class="grid" d="M{} {:g}H{}"/>').format(LEFT, y, WIDTH - RIGHT)
        yield _text(LEFT - 6, y + 4, words.number(top * part), "end")
    for place, one in enumerate(trend):
        if (len(trend) - 1 - place) % 2 == 0:
            label = str(one.week)[-2:]
            yield _text(_x(place, len(trend)), HEIGHT - 6, label, "middle")


def _line(name: str, numbers: Sequence[int | None], top: float) -> Iterator[Markup]:
    points = [
        None if number is None else (_x(place, len(numbers)), _y(number, top))
        for place, number in enumerate(numbers)
    ]
    path, drawn = "", False
    for point in points:
        if point is not None:
            path += f"{'L' if drawn else 'M'}{point[0]:.1f} {point[1]:.1f}"
        drawn = point is not None
    yield Markup('<path class="line {}" d="{}"/>').format(name, path)
    for point in filter(None, points):
        yield Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(name, *point)


def _bar(place: int, count: int, ages: Mapping[str, int], top: float) -> Iterator[Markup]:
    width = PLOT_WIDTH / count * 0.7
    below = 0
    for number, band in reversed([*enumerate(AGE_BANDS)]):
        open_ = ages.get(band, 0)
        if not open_:
            continue
        y, end = _y(below + open_, top), _y(below, top)
        below += open_
        yield Markup(
            '<rect class="age{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
        ).format(number, _x(place, count) - width / 2, y, width, end - y)


def _cell(x: float, y: float, number: int, most: int) -> Markup:
    if not number:
        return Markup('<rect class="cold" x="{:.1f}" y="{:g}" width="{:.1f}" height="{}"/>').format(
            x, y, CELL - 1, ROW - 1
        )
    opacity = FAINTEST + (1 - FAINTEST) * number / most
    return Markup(
        '<rect class="hot" x="{:.1f}" y="{:g}" width="{:.1f}" height="{}" fill-opacity="{:.2f}"/>'
    ).format(x, y, CELL - 1, ROW - 1, opacity)


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, text
    )


def _x(place: int, count: int) -> float:
    return LEFT + PLOT_WIDTH * (place + 0.5) / count


def _y(number: float, top: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - number / top)


def _nice_top(most: int) -> float:
    """Return an end of the axis, at least ``most``: an even number of few digits and zeros."""
    if most <= 2:
        return 2
    step: int = 10 ** max(len(str(most)) - 2, 0)
    return math.ceil(most / (2 * step)) * 2 * step
