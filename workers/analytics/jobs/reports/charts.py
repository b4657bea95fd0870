"""Charts as inline SVG. Colours are classes of ``charts.css`` and variables of the page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from workers.analytics.jobs.reports.lines import Unit
from workers.analytics.jobs.reports.wording import HOUR_MIN, Wording
from workers.analytics.store.period_figures import AGE_BANDS

WIDTH, HEIGHT = 400, 200  # letters stay readable at 320 pixels
LEFT, RIGHT, TOP, BOTTOM = 56, 6, 10, 24  # "120 min" has room on the left
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
HOURS = 24
CELL, ROW = (WIDTH - LEFT - RIGHT) / HOURS, 20
LABEL_EVERY_H = 3
FAINTEST = 0.12  # opacity of a cell with one errand of many
MOST_LABELS, MOST_DOTS = 6, 31
HALF_LABEL = 20  # of a day
BAR_ROW, BAR_LABEL = 34, 30  # height; characters of a name, of which the widest still fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a colour means."""

    style: str  # its class
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A number with its name, and that of the period before."""

    label: str
    number: float
    before: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A score, with the ends of its interval, on its scale."""

    label: str
    value: float
    low: float
    high: float
    least: float
    most: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart with what a screen reader says of it."""

    name: str  # unique in the page
    title: str
    description: str
    height: float
    marks: Markup
    key: Sequence[Mark] = ()

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


def line_chart(
    series: Mapping[str, Sequence[float | None]],
    labels: Sequence[str],
    words: Wording,
    *,
    name: str,
    title: str,
    description: str,
    unit: Unit = Unit.COUNT,
) -> Chart:
    """Return a line for each of at most three ``series``, with a gap where there is no number."""
    scale = _Scale(max((n for found in series.values() for n in found if n), default=0), unit)
    marks = [*_axes(labels, scale, words)]
    for place, numbers in enumerate(series.values()):
        marks += _line(f"series{place}", numbers, scale.top)
    return Chart(
        name=name,
        title=title,
        description=description,
        height=HEIGHT,
        marks=Markup("").join(marks),
        key=[Mark(style=f"line series{n}", label=one) for n, one in enumerate(series)],
    )


def ages_chart(
    backlogs: Sequence[Mapping[str, int] | None],
    labels: Sequence[str],
    words: Wording,
    *,
    title: str,
    description: str,
) -> Chart:
    """Return the backlog at some days, as bars of ages, the oldest at the bottom."""
    scale = _Scale(max((sum(one.values()) for one in backlogs if one), default=0), Unit.COUNT)
    marks = [*_axes(labels, scale, words)]
    for place, one in enumerate(backlogs):
        marks += _ages(place, len(backlogs), one or {}, scale.top)
    return Chart(
        name="ages",
        title=title,
        description=description,
        height=HEIGHT,
        marks=Markup("").join(marks),
        key=[
            Mark(style=f"age{place}", label=words.text(f"age_{band}"))
            for place, band in enumerate(AGE_BANDS)
        ],
    )


def hours_chart(
    arrivals: Mapping[tuple[int, int], int], words: Wording, *, description: str
) -> Chart:
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
        description=description,
        height=below + 6,
        marks=Markup("").join(marks),
    )


def bars_chart(
    bars: Sequence[Bar], words: Wording, *, name: str, title: str, description: str
) -> Chart:
    """Return a bar for each name, with the period before as a thin one below it."""
    most = max((max(one.number, one.before or 0) for one in bars), default=0) or 1
    marks: list[Markup] = []
    for place, one in enumerate(bars):
        y = BAR_ROW * place + 14
        marks.append(_text(0, y, _cut(one.label), "start"))
        marks.append(_text(WIDTH, y, words.number(one.number), "end"))
        marks.append(_rect("series0", 0, y + 4, WIDTH * one.number / most, 8))
        if one.before:
            marks.append(_rect("series1", 0, y + 13, WIDTH * one.before / most, 3))
    return Chart(
        name=name,
        title=title,
        description=description,
        height=BAR_ROW * len(bars) + 4,
        marks=Markup("").join(marks),
        key=[
            Mark(style="bar series0", label=words.text("this_period")),
            Mark(style="bar series1", label=words.text("period_before")),
        ]
        if any(one.before for one in bars)
        else (),
    )


def intervals_chart(
    intervals: Sequence[Interval], *, name: str, title: str, description: str
) -> Chart:
    """Return each score as a dot on its scale, and its interval as a line through it."""
    marks: list[Markup] = []
    for place, one in enumerate(intervals):
        y = BAR_ROW * place + 14
        low, value, high = (
            6 + (WIDTH - 12) * (end - one.least) / (one.most - one.least)
            for end in (one.low, one.value, one.high)
        )
        marks.append(_text(0, y, one.label, "start"))
        marks.append(_text(WIDTH, y, one.text, "end"))
        marks.append(Markup('<path class="grid" d="M6 {:g}H{}"/>').format(y + 10, WIDTH - 6))
        marks.append(
            Markup('<path class="line series0" d="M{:.1f} {:g}H{:.1f}"/>').format(low, y + 10, high)
        )
        marks.append(
            Markup('<circle class="dot series0" cx="{:.1f}" cy="{:g}" r="4"/>').format(
                value, y + 10
            )
        )
    return Chart(
        name=name,
        title=title,
        description=description,
        height=BAR_ROW * len(intervals) + 4,
        marks=Markup("").join(marks),
    )


class _Scale:
    """The axis of numbers from 0 to ``top``, and how it is labelled."""

    def __init__(self, most: float, unit: Unit) -> None:
        self._unit = unit
        self._in_hours = unit is Unit.MINUTES and most >= 2 * HOUR_MIN
        if unit is Unit.SHARE:
            self.top = 1.0
        elif self._in_hours:
            self.top = _nice_top(math.ceil(most / HOUR_MIN)) * HOUR_MIN
        else:
            self.top = _nice_top(math.ceil(most))

    def label(self, number: float, words: Wording) -> str:
        """Return what stands beside the axis."""
        match self._unit:
            case Unit.SHARE:
                return words.number(100 * number) + words.percent
            case Unit.MINUTES if self._in_hours:
                return f"{words.number(number / HOUR_MIN)} h"
            case Unit.MINUTES:
                return f"{words.number(number)} min"
            case _:
                return words.number(number)


def _axes(labels: Sequence[str], scale: _Scale, words: Wording) -> Iterator[Markup]:
    for part in (0, 0.5, 1):
        y = TOP + PLOT_HEIGHT * (1 - part)
        yield Markup('<path class="grid" d="M{} {:g}H{}"/>').format(LEFT, y, WIDTH - RIGHT)
        yield _text(LEFT - 6, y + 4, scale.label(scale.top * part, words), "end")
    every = math.ceil(len(labels) / MOST_LABELS)
    for place, label in enumerate(labels):
        if (len(labels) - 1 - place) % every == 0:
            x = min(_x(place, len(labels)), WIDTH - HALF_LABEL)
            yield _text(x, HEIGHT - 6, label, "middle")


def _line(style: str, numbers: Sequence[float | None], top: float) -> Iterator[Markup]:
    points = [
        None if number is None else (_x(place, len(numbers)), _y(number, top))
        for place, number in enumerate(numbers)
    ]
    path, drawn = "", False
    for point in points:
        if point is not None:
            path += f"{'L' if drawn else 'M'}{point[0]:.1f} {point[1]:.1f}"
        drawn = point is not None
    if path:
        yield Markup('<path class="line {}" d="{}"/>').format(style, path)
    for place, point in enumerate(points):
        # Of many points only those between gaps, which no line shows.
        alone = not any(points[max(place - 1, 0) : place] + points[place + 1 : place + 2])
        if point and (len(points) <= MOST_DOTS or alone):
            yield Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(
                style, *point
            )


def _ages(place: int, count: int, ages: Mapping[str, int], top: float) -> Iterator[Markup]:
    width = PLOT_WIDTH / count * 0.7
    below = 0
    for number, band in reversed([*enumerate(AGE_BANDS)]):
        open_ = ages.get(band, 0)
        if not open_:
            continue
        y, end = _y(below + open_, top), _y(below, top)
        below += open_
        yield _rect(f"age{number}", _x(place, count) - width / 2, y, width, end - y)


def _rect(style: str, x: float, y: float, width: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        style, x, y, width, height
    )


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


def _cut(label: str) -> str:
    return label if len(label) <= BAR_LABEL else f"{label[: BAR_LABEL - 1]}…"


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
