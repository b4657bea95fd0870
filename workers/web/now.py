"""The first page: whether all is well, the state of every part, and charts of the last day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from workers.operations.jobs.alerts import Alert
from workers.operations.jobs.bridge_status import read_bridge_status
from workers.operations.store import activity_charts
from workers.operations.store.activity_charts import ActivityStep, StatusCount
from workers.spool.layout import spool_status
from workers.web import formats
from workers.web.database import connection, settings
from workers.web.gate import PAGES_OF_OPERATORS
from workers.web.people import require_person

now = Blueprint("now", __name__)
# The page on which an alert is dealt with and the place in it, by the command that it names.
PLACES = {
    "cention parked": ("troubles.index", "parked"),
    "cention unreadable": ("troubles.index", "unreadable"),
    "cention callbacks --problems": ("troubles.index", "callbacks"),
    "cention errands unknown": ("troubles.index", "requests"),
    "cention surveys unknown": ("troubles.index", "invitations"),
    "cention surveys resume": ("surveys.index", "hold"),
    "cention surveys status": ("surveys.index", "hold"),
    "cention surveys unmatched": ("surveys.index", "hold"),
    "cention check": ("settings.index", "checks"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart: a line for each name, with a value or nothing at each time."""

    name: str
    lines: Sequence[str]
    rows: Sequence[tuple[datetime, Sequence[float | None]]]


@now.get("/")
def index() -> ResponseReturnValue:
    """Show the state of the bridge."""
    zone = common_zone()
    formats.use_zone(zone)
    with connection() as conn:
        state = read_bridge_status(
            conn,
            settings().workspaces,
            workspace=None,
            spool=spool_status(settings().spool_dir),
        )
        steps = activity_charts.activity(conn, None)
        statuses = activity_charts.statuses(conn, None)
    return render_template(
        "now.html",
        state=state,
        alerts=sorted(state.notices, key=lambda one: not one.alarm),
        place=place,
        workspaces={one.name for one in settings().workspaces},
        charts=charts(steps, statuses),
        zone=zone.key,
        refreshes=request.args.get("refresh") != "off",
    )


def common_zone() -> ZoneInfo:
    """Return the zone of all workspaces, or UTC if they have several."""
    zones = {one.timezone.key for one in settings().workspaces}
    return ZoneInfo(zones.pop()) if len(zones) == 1 else ZoneInfo("UTC")


def place(alert: Alert) -> str | None:
    """Return where an alert is dealt with; ``None``: not here, or not by this person."""
    command, _, _ = alert.command.partition(" --workspace ")
    endpoint, anchor = PLACES.get(command, ("", ""))
    page = endpoint.partition(".")[0]
    if not page or (page in PAGES_OF_OPERATORS and not require_person().operates):
        return None
    if page != "surveys":
        return url_for(endpoint, _anchor=anchor)
    workspace = str(alert.sentence.values["workspace"])
    if settings().workspace(workspace) is None:  # rows of one that is not in the settings any more
        return None
    return url_for(endpoint, workspace=workspace, _anchor=anchor)


def charts(steps: Sequence[ActivityStep], statuses: Sequence[StatusCount]) -> list[Chart]:
    """Return the charts of the last 24 hours."""
    kinds = sorted({one.status for one in statuses})
    by_step = {(one.at, one.status): one.number for one in statuses}
    return [
        Chart(
            name="callbacks",
            lines=["callbacks"],
            rows=[(one.at, [_a_minute(one.callbacks, one)]) for one in steps],
        ),
        Chart(
            name="stored",
            lines=["stored"],
            rows=[(one.at, [_a_minute(one.stored, one)]) for one in steps],
        ),
        Chart(name="wait", lines=["wait"], rows=[(one.at, [one.oldest_wait_s]) for one in steps]),
        Chart(
            name="statuses",
            lines=kinds,
            rows=[
                (one.at, [_a_minute(by_step.get((one.at, kind), 0), one) for kind in kinds])
                for one in steps
            ],
        ),
    ]


def _a_minute(number: int, step: ActivityStep) -> float:
    return round(number / step.minutes, 1)
