"""The dashboard for operators, from Prometheus: what waits, what fails, what is refused."""

from __future__ import annotations

from deploy.grafana.panels import PROMETHEUS, Dashboard, Panel, Query, Row, Variable

OF_JOB = 'job=~"$job"'
OF_WORKSPACE = f'{OF_JOB}, workspace=~"$workspace"'


def _once(text: str) -> str:
    """Return PromQL for a figure of the database once, although every receiver shows it."""
    return f"max without (instance, pod) ({text})"


def _most(metric: str, by: str) -> str:
    """Return PromQL for the largest of a figure of the database for each ``by``."""
    return f"max by ({by}) ({metric}{{{OF_WORKSPACE}}})"


def _sum(metric: str, by: str = "") -> str:
    """Return PromQL for a count of the database, added up for each ``by``."""
    return f"sum by ({by}) ({_once(f'{metric}{{{OF_WORKSPACE}}}')})"


def _rate(metric: str, by: str) -> str:
    """Return PromQL for what happens a second, by a counter of the database."""
    return f"sum by ({by}) ({_once(f'rate({metric}{{{OF_WORKSPACE}}}[$__rate_interval])')})"


def _own_rate(metric: str, by: str, labels: str = OF_JOB) -> str:
    """Return PromQL for what happens a second, by a counter of each receiver."""
    return f"sum by ({by}) (rate({metric}{{{labels}}}[$__rate_interval]))"


def _slowest(share: float) -> str:
    rate = _own_rate("cention_callback_duration_seconds_bucket", "le")
    return f"histogram_quantile({share}, {rate})"


def _stat(title: str, text: str, description: str, *, red: float, unit: str = "short") -> Panel:
    return Panel(
        title=title,
        queries=[Query(text=text)],
        kind="stat",
        description=description,
        red_from=red,
        unit=unit,
        width=4,
        height=4,
    )


def _line(title: str, *queries: Query, unit: str = "short", description: str = "") -> Panel:
    return Panel(title=title, queries=queries, unit=unit, description=description)


STATE = Row(
    title="Is it well?",
    panels=[
        _stat(
            "Alerts",
            'count(ALERTS{alertname=~"Cention.+", alertstate="firing"}) or vector(0)',
            "Alert rules that fire; the table beside names them.",
            red=1,
        ),
        _stat(
            "Receivers without Postgres",
            f"count(cention_database_up{{{OF_JOB}}} == 0) or vector(0)",
            "While Postgres does not answer, figures of the database are missing.",
            red=1,
        ),
        _stat(
            "Missing records",
            _sum("cention_missing"),
            "Cention reported them, and they are not here.",
            red=1,
        ),
        _stat(
            "Parked records",
            _sum("cention_wanted_parked"),
            "They failed too often, or were rejected.",
            red=1,
        ),
        _stat(
            "Oldest record that waits",
            _most("cention_wanted_oldest_seconds", ""),
            "Since it was wanted.",
            red=300,
            unit="s",
        ),
        _stat(
            "Oldest callback not filed",
            _most("cention_callbacks_oldest_unfiled_seconds", ""),
            "Since it was received.",
            red=60,
            unit="s",
        ),
        Panel(
            title="Alerts that fire",
            queries=[
                Query(text='ALERTS{alertname=~"Cention.+", alertstate="firing"}', instant=True)
            ],
            kind="table",
            width=24,
            height=6,
        ),
    ],
)

CALLBACKS = Row(
    title="Callbacks",
    panels=[
        _line(
            "Callbacks by status",
            Query(
                text=_own_rate("cention_callbacks_total", "status", OF_WORKSPACE),
                legend="{{status}}",
            ),
            unit="reqps",
        ),
        _line(
            "Time to answer",
            *(Query(text=_slowest(share), legend=f"{share:.0%}") for share in (0.5, 0.95, 0.99)),
            unit="s",
            description="Each callback is stored before it is answered.",
        ),
        _line(
            "Callbacks in one commit",
            Query(
                text=f"{_own_rate('cention_callback_group_size_sum', 'job')}"
                f" / {_own_rate('cention_callback_group_size_count', 'job')}",
                legend="mean",
            ),
        ),
        _line(
            "Refused before they are callbacks",
            Query(text=_own_rate("cention_refused_requests_total", "status"), legend="{{status}}"),
            unit="reqps",
        ),
        _line(
            "Messages to the workers",
            Query(text=_own_rate("cention_nudges_total", "outcome"), legend="{{outcome}}"),
            unit="ops",
            description="failed: the broker does not take them.",
        ),
        _line(
            "Callbacks not filed yet, and with problems",
            Query(text=_sum("cention_callbacks_unfiled"), legend="not filed"),
            Query(text=_sum("cention_callbacks_problems"), legend="problems"),
        ),
        _line(
            "Callbacks in the spool",
            Query(text=f"cention_spool_waiting{{{OF_JOB}}}", legend="{{instance}} waiting"),
            Query(text=f"cention_spool_bad{{{OF_JOB}}}", legend="{{instance}} set aside"),
            Query(text=f"cention_breaker_open{{{OF_JOB}}}", legend="{{instance}} Postgres is down"),
        ),
        _line(
            "Oldest in the spool",
            Query(text=f"cention_spool_oldest_seconds{{{OF_JOB}}}", legend="{{instance}}"),
            unit="s",
        ),
        _line(
            "Size of the spool",
            Query(text=f"cention_spool_bytes{{{OF_JOB}}}", legend="{{instance}}"),
            unit="bytes",
        ),
    ],
)

RECORDS = Row(
    title="Records of Cention",
    panels=[
        _line("Wanted", Query(text=_sum("cention_wanted", "family"), legend="{{family}}")),
        _line("Due", Query(text=_sum("cention_wanted_due", "family"), legend="{{family}}")),
        _line(
            "Oldest that waits",
            Query(
                text=_most("cention_wanted_oldest_seconds", "workspace, family"),
                legend="{{workspace}} {{family}}",
            ),
            unit="s",
        ),
        _line(
            "Fetched",
            Query(text=_rate("cention_fetched_total", "outcome"), legend="{{outcome}}"),
            unit="ops",
        ),
        _line(
            "Parked and unreadable",
            Query(text=_sum("cention_wanted_parked", "family"), legend="parked {{family}}"),
            Query(text=_sum("cention_unreadable", "family"), legend="unreadable {{family}}"),
        ),
        _line(
            "Paused, late, not reconciled",
            Query(
                text=_most("cention_paused", "workspace, family"),
                legend="paused {{workspace}} {{family}}",
            ),
            Query(
                text=_most("cention_poll_late", "workspace, family"),
                legend="not polled {{workspace}} {{family}}",
            ),
            Query(
                text=_most("cention_late", "workspace, family"),
                legend="mirror late {{workspace}} {{family}}",
            ),
            Query(
                text=_most("cention_uncounted", "workspace, family"),
                legend="not reconciled {{workspace}} {{family}}",
            ),
            Query(
                text=_most("cention_callbacks_silent", "workspace"),
                legend="no callbacks {{workspace}}",
            ),
            description="1 while it is so.",
        ),
    ],
)

WORKERS = Row(
    title="Workers",
    panels=[
        _line(
            "Queues: time since a worker answered",
            Query(
                text=f"max by (queue) (cention_queue_silent_seconds{{{OF_JOB}}})",
                legend="{{queue}}",
            ),
            unit="s",
        ),
        _line(
            "Tasks", Query(text=_rate("cention_tasks_total", "task"), legend="{{task}}"), unit="ops"
        ),
        _line(
            "Processes that are busy",
            Query(text=_rate("cention_task_seconds_total", "task"), legend="{{task}}"),
            description="Seconds of work in a second. As many as there are processes: start more.",
        ),
        _line(
            "Tasks by outcome",
            Query(text=_rate("cention_tasks_total", "outcome"), legend="{{outcome}}"),
            unit="ops",
        ),
        _line(
            "Figures: oldest change without them",
            Query(
                text=_most("cention_figures_oldest_seconds", "workspace"), legend="{{workspace}}"
            ),
            unit="s",
        ),
        _line(
            "Figures that failed, or have an odd time",
            Query(text=_sum("cention_figures_failed"), legend="failed"),
            Query(text=_sum("cention_figures_odd_arrivals"), legend="odd time"),
            Query(text=_sum("cention_figures_renewed"), legend="workspaces computed again"),
        ),
    ],
)

SURVEYS = Row(
    title="Surveys, and what is sent to Cention",
    panels=[
        _line(
            "Invitations",
            Query(text=_sum("cention_survey_due"), legend="due"),
            Query(text=_sum("cention_survey_sending"), legend="asked for"),
            Query(text=_sum("cention_survey_unknown"), legend="outcome unknown"),
        ),
        _line(
            "Longest waits",
            Query(text=_most("cention_survey_oldest_due_seconds", ""), legend="invitation"),
            Query(
                text=_most("cention_survey_waiting_seconds", "vendor"),
                legend="customer, {{vendor}}",
            ),
            unit="s",
        ),
        _line(
            "Decisions and answers",
            Query(text=_rate("cention_survey_decisions_total", "reason"), legend="{{reason}}"),
            Query(text=_rate("cention_survey_answers_total", "job"), legend="answers"),
            unit="ops",
        ),
        _line(
            "Paused and held",
            Query(
                text=_most("cention_survey_paused", "workspace, vendor"),
                legend="{{workspace}} {{vendor}}",
            ),
            Query(text=_most("cention_survey_held", "workspace"), legend="{{workspace}} held"),
            description="1 while it is so.",
        ),
        _line(
            "What a person has to look at",
            Query(text=_sum("cention_survey_unmatched"), legend="results without invitation"),
            Query(text=_sum("cention_survey_stuck"), legend="surveys that cannot go on"),
            Query(
                text=_sum("cention_survey_outcomes_unknown"), legend="answers of unknown outcome"
            ),
            Query(
                text=_sum("cention_sent_unknown"), legend="requests to Cention of unknown outcome"
            ),
            Query(text=_sum("cention_report_unsettled"), legend="weekly reports"),
        ),
        _line(
            "Survey pages and pushed answers",
            Query(text=_own_rate("cention_survey_pages_total", "status"), legend="page {{status}}"),
            Query(
                text=_own_rate("cention_pushed_answers_total", "status"), legend="push {{status}}"
            ),
            unit="reqps",
        ),
    ],
)

DASHBOARD = Dashboard(
    uid="cention-operators",
    title="Cention bridge: operation",
    description="What waits, fails or is refused. The runbook has an entry for each alert.",
    source=PROMETHEUS,
    variables=[
        Variable(name="job", label="Bridge", query="label_values(cention_database_up, job)"),
        Variable(
            name="workspace",
            label="Workspace",
            query='label_values(cention_callbacks_unfiled{job=~"$job"}, workspace)',
        ),
    ],
    rows=[STATE, CALLBACKS, RECORDS, WORKERS, SURVEYS],
    begin="now-6h",
    refresh="1m",
)
