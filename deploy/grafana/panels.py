"""The parts of a dashboard as Grafana's JSON has them: panels, rows, queries and variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any, Literal, TypeAlias

SCHEMA_VERSION = 39  # of Grafana 10.4; newer ones read it
WIDTH = 24  # columns of a dashboard
ROW_HEIGHT = 1
PROMETHEUS, POSTGRES = "prometheus", "grafana-postgresql-datasource"

Json: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["timeseries", "stat", "table", "barchart"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question to a data source: PromQL or SQL."""

    text: str
    legend: str = ""  # of PromQL; labels in double braces
    instant: bool = False  # of PromQL: the newest value alone
    series: bool = False  # of SQL: the columns are time, metric and value


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture or table."""

    title: str
    queries: Sequence[Query]
    kind: Kind = "timeseries"
    description: str = ""
    unit: str = "short"
    width: int = 8
    height: int = 8
    stacked: bool = False
    bars: bool = False
    red_from: float | None = None  # at this value, and above, it is red


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A heading and the panels below it."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A choice at the top of a dashboard, whose values a query returns."""

    name: str
    label: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A page of Grafana."""

    uid: str
    title: str
    description: str
    source: str  # PROMETHEUS or POSTGRES
    variables: Sequence[Variable]
    rows: Sequence[Row]
    begin: str  # of the time that is shown at first
    refresh: str
    timezone: str = "browser"
    tags: Sequence[str] = field(default=("cention",))

    def panels(self) -> list[Panel]:
        """Return the panels of all rows."""
        return [panel for row in self.rows for panel in row.panels]


def to_json(dashboard: Dashboard) -> Json:
    """Return a dashboard as Grafana imports and provisions it."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": list(dashboard.tags),
        "timezone": dashboard.timezone,
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,  # one cross-hair for all panels
        "refresh": dashboard.refresh,
        "time": {"from": dashboard.begin, "to": "now"},
        "templating": {"list": _variables(dashboard)},
        "panels": list(_placed(dashboard)),
    }


def _variables(dashboard: Dashboard) -> list[Json]:
    source = {
        "type": "datasource",
        "name": "source",
        "label": "Data source",
        "query": dashboard.source,
    }
    chosen = [
        {
            "type": "query",
            "name": one.name,
            "label": one.label,
            "datasource": _source(dashboard.source),
            "query": one.query,
            "definition": one.query,
            "refresh": 2,  # when the time is changed
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "current": {"text": ["All"], "value": ["$__all"]},
        }
        for one in dashboard.variables
    ]
    return [source, *chosen]


def _placed(dashboard: Dashboard) -> Iterable[Json]:
    """Yield rows and panels from left to right and from top to bottom."""
    number, top = 0, 0
    for row in dashboard.rows:
        number += 1
        place = {"x": 0, "y": top, "w": WIDTH, "h": ROW_HEIGHT}
        yield {"id": number, "type": "row", "title": row.title, "gridPos": place, "panels": []}
        top += ROW_HEIGHT
        left, height = 0, 0
        for panel in row.panels:
            if left + panel.width > WIDTH:
                left, top, height = 0, top + height, 0
            number += 1
            place = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            yield {"id": number, "gridPos": place, **_panel(panel, dashboard.source)}
            left, height = left + panel.width, max(height, panel.height)
        top += height


def _panel(panel: Panel, source: str) -> Json:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _source(source),
        "targets": [
            _target(query, source, letter)
            for query, letter in zip(panel.queries, ascii_uppercase, strict=False)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }


def _source(kind: str) -> Json:
    return {"type": kind, "uid": "${source}"}


def _target(query: Query, source: str, letter: str) -> Json:
    target: Json = {"refId": letter, "datasource": _source(source)}
    if source == POSTGRES:
        shape = "time_series" if query.series else "table"
        return target | {
            "format": shape,
            "rawQuery": True,
            "editorMode": "code",
            "rawSql": query.text,
        }
    target |= {
        "expr": query.text,
        "legendFormat": query.legend,
        "instant": query.instant,
        "range": not query.instant,
    }
    return target | ({"format": "table"} if query.instant else {})


def _defaults(panel: Panel) -> Json:
    defaults: Json = {"unit": panel.unit, "min": 0}
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "drawStyle": "bars" if panel.bars else "line",
            "fillOpacity": 60 if panel.bars or panel.stacked else 0,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        }
    if panel.red_from is not None:
        steps = [{"color": "green", "value": None}, {"color": "red", "value": panel.red_from}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        defaults["color"] = {"mode": "thresholds"}
    return defaults


def _options(panel: Panel) -> Json:
    if panel.kind == "stat":
        last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": last, "colorMode": "value", "graphMode": "none"}
    if panel.kind == "timeseries":
        return {"legend": {"displayMode": "list", "placement": "bottom"}}
    return {}
