"""Figures of a period: lines, charts with their tables and queries, and the charts as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import psycopg
from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from workers.analytics.jobs.reports import chart_files
from workers.analytics.jobs.reports.page import Name, name_of
from workers.analytics.jobs.reports.panels import Panel, as_csv, shown
from workers.analytics.jobs.reports.period import PeriodFigures, is_over, today_in
from workers.analytics.jobs.reports.period_panels import PANELS
from workers.analytics.jobs.reports.wording import (
    COMPUTING,
    Wording,
    completeness_until,
    period_notes,
    wording_in,
)
from workers.analytics.rules.periods import Period, last_days
from workers.analytics.store import period_figures
from workers.analytics.store.period_figures import Scope
from workers.config.workspaces import WorkspaceSettings
from workers.database import Connection
from workers.operations.store import errand_search
from workers.operations.store.errand_search import Choice
from workers.web import formats, texts
from workers.web.database import FiguresBusy, connection, figures_connection, settings
from workers.web.parameters import id_of, workspace_of

figures = Blueprint("figures", __name__)
Kind = Literal["area", "channel", "agent"]
FILTERS: tuple[Kind, ...] = ("area", "channel", "agent")
PARAMETERS = ("workspace", "days", "from", "to", *FILTERS)
LENGTHS = (7, 28, 91, 364)  # days: whole weeks, so that both periods have the same weekdays
DEFAULT_DAYS = 28
MOST_DAYS = 731  # two years
MOST_ROWS = 200  # of a table on the page; its file has all
OLDEST = date(1990, 1, 1)
# An image of its own has its styles in itself.
FILE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


class WrongParameter(Exception):
    """A value in the address cannot be used; its message is the name of a text."""


class NothingStored(Exception):
    """Nothing is stored of the workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for."""

    scope: Scope
    days: int | None  # None: of two days that are named
    first: date | None
    last: date | None

    def period(self, today: date) -> Period:
        """Return the period. Raises ``WrongParameter``."""
        if self.days is not None:
            return last_days(self.days, today=today)
        last = self.last or today
        if not OLDEST <= last <= today:
            raise WrongParameter("figures.wrong_order")
        first = self.first or last_days(DEFAULT_DAYS - 1, today=last).first
        if not OLDEST <= first <= last:
            raise WrongParameter("figures.wrong_order")
        if (found := Period(first, last)).days > MOST_DAYS:
            raise WrongParameter("figures.too_long")
        return found


@figures.get("/figures")
def index() -> ResponseReturnValue:
    """Show the figures of a period."""
    workspace = _workspace()
    with connection() as conn:
        choices = {kind: _choices(conn, workspace, kind) for kind in FILTERS}
    page: dict[str, Any] = {"problem": ""}
    try:
        with _read(workspace) as found:
            page |= _page(found, choices)
    except WrongParameter as error:
        page["problem"] = str(error)
    except psycopg.errors.QueryCanceled:
        page["problem"] = "figures.too_slow"
    except FiguresBusy:
        page["problem"] = "figures.busy"
    except NothingStored:
        page["problem"] = "figures.nothing"
    return render_template(
        "figures.html",
        workspace=workspace.name,
        workspaces=[one.name for one in settings().workspaces],
        choices=choices,
        given=request.args,
        days=_given().get("days", ""),
        lengths={days: _address("figures.index", days=days) for days in LENGTHS},
        address=_address,
        words=_words(),
        most_rows=MOST_ROWS,
        **page,
    )


@figures.get("/figures/<chart>.csv")
def table(chart: str) -> ResponseReturnValue:
    """Return the table of a chart, to be saved."""
    panel, period, _ = _panel(chart)
    return _saved(as_csv(panel), panel, period, "csv", "text/csv")


@figures.get("/figures/<chart>.svg")
def image(chart: str) -> ResponseReturnValue:
    """Return a chart as an image, to be saved; 404 if there is nothing to draw."""
    panel, period, chosen = _panel(chart)
    if panel.chart is None:
        abort(404)
    days = f"{period.first}\N{EN DASH}{period.last}"
    content = chart_files.as_svg(panel.chart, [panel.title, ", ".join((*chosen, days))])
    return _saved(content, panel, period, "svg", "image/svg+xml")


@figures.get("/figures/charts.css")
def style() -> ResponseReturnValue:
    """Return the style sheet of charts."""
    return Response(str(chart_files.css()), mimetype="text/css")


def _page(found: PeriodFigures, choices: Mapping[Kind, Sequence[Choice]]) -> dict[str, Any]:
    words, now = _words(), datetime.now(UTC)
    completeness = found.completeness()
    notes = period_notes(found, words, over=is_over(found.period, found.zone, now))
    if COMPUTING in completeness.states:
        notes.insert(0, words.text("computing_all"))
    panels = [make(found, words) for make in PANELS.values()] if found.has_data else []
    return {
        "figures": found,
        "has_data": found.has_data,
        "sections": found.sections(),
        "notes": notes,
        "panels": [(panel, *shown(panel, words)) for panel in panels],
        "made_at": now,
        "completeness": completeness_until(
            completeness,
            found.period.ended_at(found.zone),
            words,
            ends_before="ends_before_period",
        ),
        "chosen": _chosen(choices),
        "ids": _ids(),
    }


def _panel(chart: str) -> tuple[Panel, Period, list[str]]:
    """Return one chart of what the address asks for, or end the request.

    And its period, and the names of what it is of.
    """
    if chart not in PANELS:
        abort(404)
    workspace = _workspace()
    try:
        with _read(workspace) as found:
            panel = PANELS[chart](found, _words())
            chosen = _chosen({kind: _choices(found.conn, workspace, kind) for kind in _ids()})
            return panel, found.period, [workspace.name, *chosen]
    except WrongParameter:
        abort(400)
    except NothingStored:
        abort(404)


def _saved(content: bytes, panel: Panel, period: Period, kind: str, mimetype: str) -> Response:
    response = Response(content, mimetype=mimetype)
    name = f"{panel.name}-{period.first}-{period.last}.{kind}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response


def _choices(conn: Connection, workspace: WorkspaceSettings, kind: Kind) -> list[Choice]:
    return errand_search.choices(conn, workspace.name, kind)


def _chosen(choices: Mapping[Kind, Sequence[Choice]]) -> list[str]:
    """Return the names of the area, channel and agent that are given."""
    return [
        name_of(Name(id=chosen, name=_name(choices[kind], chosen)), _words())
        for kind, chosen in _ids().items()
    ]


@contextmanager
def _read(workspace: WorkspaceSettings) -> Iterator[PeriodFigures]:
    """Yield what the address asks for.

    Raises ``WrongParameter``, ``NothingStored``, ``QueryCanceled`` if all of it takes too long, and
    as ``figures_connection``.
    """
    asked = _asked(workspace)
    with figures_connection() as conn, period_figures.one_moment(conn):
        about = period_figures.about(conn, workspace.name)
        if about is None:
            raise NothingStored(workspace.name)
        zone = ZoneInfo(about.timezone)
        formats.use_zone(zone)
        period = asked.period(today_in(zone, datetime.now(UTC)))
        yield PeriodFigures(conn, asked.scope, period, about)


def _asked(workspace: WorkspaceSettings) -> Asked:
    """Return what the address asks for. Raises ``WrongParameter``."""
    first, last = (_value(name, date.fromisoformat) for name in ("from", "to"))
    ids = _ids()
    return Asked(
        scope=Scope(
            workspace=workspace.name,
            area_id=ids.get("area"),
            service_id=ids.get("channel"),
            agent_id=ids.get("agent"),
        ),
        days=None if first or last else _value("days", _days) or DEFAULT_DAYS,
        first=first,
        last=last,
    )


def _ids() -> dict[Kind, int]:
    """Return the numbers of area, channel and agent that are given. Raises ``WrongParameter``."""
    found = {kind: _value(kind, id_of) for kind in FILTERS}
    return {kind: value for kind, value in found.items() if value is not None}


def _value(name: str, read: Callable[[str], Any]) -> Any:
    text = request.args.get(name, "").strip()
    try:
        return read(text) if text else None
    except (ValueError, OverflowError):
        raise WrongParameter(f"figures.wrong_{name}") from None


def _days(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
    if not 0 < number <= MOST_DAYS:
        raise ValueError(text)
    return number


def _workspace() -> WorkspaceSettings:
    return workspace_of(request.args.get("workspace") or settings().workspaces[0].name)


def _name(choices: Sequence[Choice], id_: int) -> str | None:
    return next((one.name for one in choices if one.id == id_), None)


def _given() -> dict[str, str]:
    """Return the parameters of the address that count: two days count before a length."""
    found = {name: request.args[name] for name in PARAMETERS if request.args.get(name)}
    if found.keys() & {"from", "to"}:
        found.pop("days", None)
    return found


def _address(endpoint: str, *, days: int | None = None, **values: Any) -> str:
    """Return the address of another page or file of what is asked for, or of another length."""
    given = _given()
    if days is not None:
        given = {k: v for k, v in given.items() if k not in ("from", "to")} | {"days": str(days)}
    query = urlencode(given)
    return url_for(endpoint, **values) + (f"?{query}" if query else "")


def _words() -> Wording:
    return wording_in(texts.current_language())
