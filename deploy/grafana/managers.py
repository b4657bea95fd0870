"""The dashboard for managers, from Postgres as the role ``cention_figures``: no texts of persons.

Its times are UTC: a day of the workspace is shown as the day that Postgres returns.
"""

from __future__ import annotations

from deploy.grafana.panels import POSTGRES, Dashboard, Panel, Query, Row, Variable
from workers.database import queries

SQL = queries.load(__name__)


def _number(title: str, text: str, *, unit: str = "short", description: str = "") -> Panel:
    query = Query(text=text)
    return Panel(
        title=title,
        queries=[query],
        kind="stat",
        unit=unit,
        description=description,
        width=4,
        height=4,
    )


def _table(title: str, text: str, *, width: int = 12, description: str = "") -> Panel:
    query = Query(text=text)
    return Panel(title=title, queries=[query], kind="table", width=width, description=description)


def _days(title: str, text: str, *, unit: str = "short", description: str = "") -> Panel:
    query = Query(text=text)
    return Panel(
        title=title, queries=[query], unit=unit, description=description, bars=True, width=12
    )


def _lines(title: str, text: str, *, unit: str = "short", description: str = "") -> Panel:
    query = Query(text=text, series=True)
    return Panel(title=title, queries=[query], unit=unit, description=description, width=12)


TOTALS = Row(
    title="In this time",
    panels=[
        _number("Arrived", SQL["arrived"]),
        _number("Answered", SQL["answered"], description="Whenever the errands arrived."),
        _number("Open at the end", SQL["open_now"], description="Of the last day that is over."),
        _number(
            "Within the SLA",
            SQL["within_sla"],
            unit="percentunit",
            description="Of the errands whose SLA Cention has computed.",
        ),
        _number("Answered once and closed", SQL["one_touch"], unit="percentunit"),
        _number(
            "Satisfied",
            SQL["satisfied"],
            unit="percentunit",
            description="Customers who gave one of the two best scores.",
        ),
        _table(
            "Are the figures complete and current?",
            SQL["freshness"],
            width=24,
            description="Only fresh means that the figures have what Cention knows now.",
        ),
    ],
)

WORK = Row(
    title="Work",
    panels=[
        _days("Arrived and answered by day", SQL["arrived_and_answered"]),
        Panel(
            title="Open at the end of the day, by age in days",
            queries=[Query(text=SQL["backlog"], series=True)],
            bars=True,
            stacked=True,
            width=12,
        ),
        Panel(
            title="Arrivals and answers by hour of the day",
            queries=[Query(text=SQL["hours"])],
            kind="barchart",
            width=12,
            description="Means of these days, by the workspace's clock.",
        ),
        _table("Areas", SQL["areas"]),
        _table("Channels", SQL["channels"]),
        _table("Tags, week by week", SQL["tags"]),
    ],
)

ANSWERS = Row(
    title="First answer",
    panels=[
        _lines(
            "Time to the first answer",
            SQL["first_answer"],
            unit="m",
            description="Of errands that arrived on the day.",
        ),
        _lines(
            "Time to the first answer, in opening hours",
            SQL["first_answer_in_opening_hours"],
            unit="m",
            description="Of errands that arrived on the day.",
        ),
        _days("Outside the SLA", SQL["outside_sla"], unit="percentunit"),
        _table("Channels: time to the first answer", SQL["answers_of_channels"]),
    ],
)

SURVEYS = Row(
    title="Surveys",
    panels=[
        _lines("Scores by week", SQL["scores"]),
        _table("Scores by area", SQL["scores_of_areas"], description="Few answers say little."),
        _table("Invitations", SQL["invitations"]),
        _table("Why customers were not invited", SQL["why_not"]),
    ],
)

DASHBOARD = Dashboard(
    uid="cention-managers",
    title="Cention bridge: contact centre",
    description="Arrivals, answers, backlog, SLA and satisfaction, without texts of persons.",
    source=POSTGRES,
    variables=[Variable(name="workspace", label="Workspace", query=SQL["workspaces"])],
    rows=[TOTALS, WORK, ANSWERS, SURVEYS],
    begin="now-28d",
    refresh="15m",
    timezone="utc",
)
