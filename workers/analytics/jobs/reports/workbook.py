"""A report as an Excel workbook, with numbers that can be computed with."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from workers.analytics.jobs.reports.figures import GroupLine, WeekReport
from workers.analytics.jobs.reports.lines import Line, Unit, Value
from workers.analytics.jobs.reports.page import name_of
from workers.analytics.jobs.reports.wording import (
    Wording,
    completeness_of,
    notes_of,
    sections_of,
    wording_in,
)
from workers.analytics.store.period_figures import AGE_BANDS

TEXT, WHOLE, MINUTES, SHARE, POINTS = None, "#,##0", "#,##0.0", "0.0%", "0.0"
NUMBER_FORMATS = {
    Unit.COUNT: WHOLE,
    Unit.MINUTES: MINUTES,
    Unit.SHARE: SHARE,
    Unit.POINTS: POINTS,
}
SHEET_NAME_CHARACTERS = 31
Cell = tuple[Any, str | None]  # a value, and its format


def as_workbook(report: WeekReport, *, language: str) -> bytes:
    """Return the workbook. Times are in minutes; no text is a formula."""
    words = wording_in(language)
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    writer = _Writer(book)
    writer.sheet(words.text("key_figures"), _about(report, words), widths=(60, 12))
    writer.sheet(words.text("figure"), _figures(report, words), widths=(48, 14), heading=True)
    writer.sheet(words.text("week_heading"), _weeks(report, words), widths=(12, 14), heading=True)
    writer.sheet(words.text("busy_hours"), _hours(report, words), widths=(12, 5), heading=True)
    for key, heading, lines in (
        ("areas", "area", report.areas),
        ("channels", "channel", report.channels),
    ):
        rows = _groups(lines, words, heading)
        writer.sheet(words.text(key), rows, widths=(40, 14), heading=True)
    book.close()
    return content.getvalue()


class _Writer:
    """Writes sheets of plain cells."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._formats = {
            text: book.add_format({"num_format": text}) for text in (WHOLE, MINUTES, SHARE, POINTS)
        }

    def sheet(
        self,
        name: str,
        rows: Sequence[Sequence[Cell]],
        *,
        widths: tuple[int, int],
        heading: bool = False,
    ) -> None:
        """Add a sheet; ``widths`` are those of its first column and of all others."""
        sheet = self._book.add_worksheet(name[:SHEET_NAME_CHARACTERS])
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        if heading:
            sheet.freeze_panes(1, 1)
        for place in range(max(map(len, rows), default=0)):
            sheet.set_column(place, place, widths[min(place, 1)])
        for row, cells in enumerate(rows):
            for place, (value, format_) in enumerate(cells):
                if value is None:
                    continue
                if isinstance(value, str):
                    sheet.write_string(row, place, value, *([self._bold] if not row else []))
                else:
                    sheet.write_number(row, place, value, self._formats[format_ or WHOLE])


def _about(report: WeekReport, words: Wording) -> list[list[Cell]]:
    week = report.week
    texts = [
        words.text("title", week=week),
        f"{words.text('workspace')}: {report.workspace}",
        words.text("subtitle", first=words.day(week.monday), last=words.day(week.sunday)),
        *notes_of(report, words),
        *completeness_of(report, words),
        words.text("made", at=words.moment(report.made_at, report.zone), zone=report.zone.key),
    ]
    return [[(text, TEXT)] for text in texts]


def _figures(report: WeekReport, words: Wording) -> list[list[Cell]]:
    headings = [words.text("figure")]
    for key in ("this_week", "week_before", "year_before"):
        headings += [words.text(key), f"{words.text(key)}: n"]
        headings += [f"{words.text(key)}: 95 % {end}" for end in ("≥", "≤")]
    rows: list[list[Cell]] = [[(text, TEXT) for text in headings]]
    for key, lines in sections_of(report):
        rows += [_figure(f"{words.text(key)}: {_label(line, words)}", line) for line in lines]
    return rows


def _label(line: Line, words: Wording) -> str:
    return words.label(line) + (" (min)" if line.unit is Unit.MINUTES else "")


def _figure(label: str, line: Line) -> list[Cell]:
    cells: list[Cell] = [(label, TEXT)]
    for value in (line.now, line.before, line.year_before):
        cells += _cells(value, line.unit)
    return cells


def _cells(value: Value | None, unit: Unit) -> list[Cell]:
    if value is None:
        return [(None, TEXT)] * 4
    format_ = NUMBER_FORMATS[unit]
    return [(value.number, format_), (value.n, WHOLE), (value.low, format_), (value.high, format_)]


def _weeks(report: WeekReport, words: Wording) -> list[list[Cell]]:
    ages = [words.text(f"age_{band}") for band in AGE_BANDS]
    headings = [words.text(key) for key in ("week_heading", "arrived", "closed", "open")]
    rows: list[list[Cell]] = [[(text, TEXT) for text in (*headings, *ages)]]
    for one in report.trend:
        numbers: list[int | None] = [one.arrived, one.closed]
        if one.backlog is not None:
            numbers += [sum(one.backlog.values()), *(one.backlog[band] for band in AGE_BANDS)]
        rows.append([(str(one.week), TEXT), *((number, WHOLE) for number in numbers)])
    return rows


def _hours(report: WeekReport, words: Wording) -> list[list[Cell]]:
    rows: list[list[Cell]] = [
        [(words.text("day"), TEXT), *((f"{hour:02}", TEXT) for hour in range(24))]
    ]
    for weekday, name in enumerate(words.days(), start=1):
        counts = (report.arrivals_by_hour.get((weekday, hour), 0) for hour in range(24))
        rows.append([(name, TEXT), *((count, WHOLE) for count in counts)])
    return rows


def _groups(lines: Sequence[GroupLine], words: Wording, heading: str) -> list[list[Cell]]:
    names = (heading, "arrived", "week_before", "first_response_median", "first_response_p90")
    headings = [words.text(name) for name in names]
    headings[3:] = [f"{text} (min)" for text in headings[3:]]
    headings += ["n", words.text("within_sla"), f"{words.text('within_sla')}: n"]
    headings.append(words.text("open"))
    rows: list[list[Cell]] = [[(text, TEXT) for text in headings]]
    for line in lines:
        now = line.now
        rows.append(
            [
                (name_of(line, words), TEXT),
                (now.arrived, WHOLE),
                (line.arrived_before, WHOLE),
                (now.first_response_median, MINUTES),
                (now.first_response_p90, MINUTES),
                (now.first_response_n, WHOLE),
                (now.within_sla / now.sla_n if now.sla_n else None, SHARE),
                (now.sla_n, WHOLE),
                (line.backlog, WHOLE),
            ]
        )
    return rows
