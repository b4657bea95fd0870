"""A chart as a file of its own: with its title, its key and its colours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

from markupsafe import Markup

from workers.analytics.jobs.reports.charts import WIDTH, Chart

MARGIN, LINE = 12, 18
# Always light: it is pasted into documents and printed.
COLOURS = Markup(
    "svg { --paper: #fff; --soft: #57646b; --rule: #d5dce0; --shade: #f3f6f7; --main: #0b6e75;"
    " --other: #b4531b; --third: #5b4a9c; --age0: #b9dde0; --age1: #7fbfc5; --age2: #3f979f;"
    " --age3: #0f6670; --age4: #073b42; font-family: system-ui, sans-serif; background: #fff; }"
)


@lru_cache
def css() -> Markup:
    """Return the style sheet of charts; it needs the colours of the page."""
    text = (resources.files(__package__) / "charts.css").read_text("utf-8")
    return Markup(text)  # noqa: S704  # our own file


def as_svg(chart: Chart, heading: Sequence[str]) -> bytes:
    """Return the chart below the lines of its heading, as a file that needs nothing else."""
    marks = [_text(LINE * (place + 1), line, bold=not place) for place, line in enumerate(heading)]
    top = LINE * len(heading) + 8
    marks.append(Markup('<g transform="translate(0 {})">{}</g>').format(top, chart.marks))
    height = top + chart.height
    for one in chart.key:
        height += LINE
        marks.append(_sample(one.style, height - 4) + _text(height, one.label, x=34))
    return (
        Markup(
            '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"'
            ' viewBox="{left} 0 {width} {height:g}" width="{w}" height="{h:g}">'
            "<title>{title}</title><style>{colours}{css}</style>"
            '<rect x="{left}" width="{width}" height="{height:g}" fill="#fff"/>{marks}</svg>\n'
        )
        .format(
            left=-MARGIN,
            width=WIDTH + 2 * MARGIN,
            height=height + MARGIN,
            w=2 * (WIDTH + 2 * MARGIN),
            h=2 * (height + MARGIN),
            title=chart.title,
            colours=COLOURS,
            css=css(),
            marks=Markup("").join(marks),
        )
        .encode()
    )


def _sample(style: str, y: float) -> Markup:
    if style.startswith("line"):
        return Markup('<path class="{}" d="M0 {:g}H28"/>').format(style, y)
    return Markup('<rect class="{}" y="{:g}" width="28" height="8"/>').format(style, y - 4)


def _text(y: float, text: str, *, x: float = 0, bold: bool = False) -> Markup:
    weight = Markup(' font-weight="600"') if bold else ""
    return Markup('<text x="{:g}" y="{:g}"{}>{}</text>').format(x, y, weight, text)
