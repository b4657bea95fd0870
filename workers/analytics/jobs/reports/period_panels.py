"""All charts of a period, by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workers.analytics.jobs.reports import name_panels, step_panels
from workers.analytics.jobs.reports.panels import Panel
from workers.analytics.jobs.reports.period import PeriodFigures
from workers.analytics.jobs.reports.wording import Wording

PANELS: Mapping[str, Callable[[PeriodFigures, Wording], Panel]] = {
    "volumes": step_panels.volumes,
    "backlog": step_panels.backlog,
    "first_responses": step_panels.first_responses,
    "sla": step_panels.sla,
    "reopenings": step_panels.reopenings,
    "hours": step_panels.hours,
    "scores": name_panels.scores,
    "areas": name_panels.areas,
    "channels": name_panels.channels,
    "agents": name_panels.agents,
    "tags": name_panels.tags,
}
