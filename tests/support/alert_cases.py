"""When each alert rule fires and when it does not, as ``promtool test rules`` takes it.

Two receivers, ``a`` and ``b``, are scraped once a minute. Values are in promtool's notation: after
``0x30`` the value stays for 30 more minutes, ``_x30`` is 30 scrapes without a sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RECEIVERS = ("a", "b")
FAMILY = {"workspace": "demo", "family": "errand_reports"}
DEMO = {"workspace": "demo"}
VENDOR = {"workspace": "demo", "vendor": "digidesk"}
MAIL = {"workspace": "demo", "vendor": "mail"}
FIRST = "_x44 1x60"  # a counter that was not there before


@dataclass(frozen=True, slots=True)
class Case:
    """What one rule makes of a figure.

    ``fires`` and ``quiet`` are values of ``metric`` with and without an alert. If ``one``, both
    receivers show the same figure, which is one alert; else each has its own.
    """

    alert: str
    metric: str
    labels: Mapping[str, str]
    fires: Sequence[str]
    quiet: Sequence[str]
    shown: Mapping[str, str] | None = None  # the labels of the alert; None: those of the figure
    one: bool = True
    beside: Mapping[str, str] | None = None  # values of other figures, by their names
    at: str = "50m"


CASES = (
    Case("CentionReceiverDown", "up", {}, ["1x44 0x60"], ["1x60", "1x49 0x60"], one=False),
    Case(
        "CentionNoWorkerAnswers", "cention_queue_silent_seconds", {"queue": "fetch"},
        ["61x60"], ["60x60"], beside={'cention_queue_silent_seconds{queue="polls",': "3x60"},
    ),
    Case(
        "CentionAllQueuesSilent", "cention_queue_silent_seconds", {"queue": "fetch"},
        ["61x60"], ["60x60"], shown={},
    ),
    Case(
        "CentionCallbacksNotFiled", "cention_callbacks_oldest_unfiled_seconds", DEMO,
        ["61x60"], ["60x60"],
    ),
    Case(
        "CentionBrokerDown", "cention_nudges_total", {"outcome": "failed"},
        ["0+1x60", "_x48 1x60"], ["7x60", "0x40 7x60"], one=False,
    ),
    Case("CentionBrokerDown", "cention_nudges_total", {"outcome": "sent"}, [], ["0+9x60"]),
    *(
        Case(alert, metric, {**DEMO, "status": status}, ["0+1x60", FIRST], ["7x60", "_x20 7x60"])
        for alert, metric, status in (
            ("CentionCallbacksRefused", "cention_callbacks_total", "401"),
            ("CentionCallbacksRefused", "cention_callbacks_total", "500"),
            ("CentionPushedAnswersRefused", "cention_pushed_answers_total", "503"),
        )
    ),
    Case(
        "CentionCallbacksRefused", "cention_callbacks_total", {**DEMO, "status": "200"},
        [], ["0+90x60", FIRST],
    ),
    Case(
        "CentionPushedAnswersRefused", "cention_pushed_answers_total", {**DEMO, "status": "200"},
        [], ["0+90x60", FIRST],
    ),
    Case(
        "CentionDatabaseDown", "cention_database_up", {},
        ["1x44 0x60"], ["1x60", "1x49 0x60"], one=False,
    ),
    Case(
        "CentionCallbacksGoToSpool", "cention_breaker_open", {},
        ["0x44 1x60"], ["0x60", "0x49 1x60"], one=False,
    ),
    Case(
        "CentionSpoolNotEmptying", "cention_spool_oldest_seconds", {}, ["61x60"], ["60x60"],
        one=False, beside={"cention_database_up{": "1x60"},
    ),
    Case(
        "CentionCallbacksNotStored", "cention_callbacks_total", {**DEMO, "status": "503"},
        ["0+1x60", FIRST], ["7x60"], one=False, shown={},
    ),
    Case("CentionCallbacksSetAside", "cention_spool_bad", {}, ["1x60"], ["0x60"], one=False),
    Case("CentionPollLate", "cention_poll_late", FAMILY, ["0x44 1x60"], ["0x60", "0x49 1x60"]),
    Case("CentionRefusesToken", "cention_paused", FAMILY, ["1x60"], ["0x60"]),
    Case("CentionNoCallbacks", "cention_callbacks_silent", DEMO, ["1x60"], ["0x60"]),
    Case("CentionRecordsMissing", "cention_missing", FAMILY, ["1x60"], ["0x60"]),
    Case("CentionNotReconciled", "cention_uncounted", FAMILY, ["1x60"], ["0x60"]),
    Case("CentionRecordsWait", "cention_wanted_oldest_seconds", FAMILY, ["301x60"], ["300x60"]),
    *(
        Case(
            "CentionFetchesFail", "cention_fetched_total", {**FAMILY, "outcome": outcome},
            ["0+1x60"], ["7x60", "0x40 9x60"], shown=FAMILY,
        )
        for outcome in ("failed", "refused")
    ),
    Case(
        "CentionFetchesFail", "cention_fetched_total", {**FAMILY, "outcome": "parsed"},
        [], ["0+9x60"],
    ),
    Case(
        "CentionTasksFail", "cention_tasks_total", {**DEMO, "task": "drain", "outcome": "failed"},
        ["0+1x60"], ["7x60", "0x40 9x60"], shown={**DEMO, "task": "drain"},
    ),
    Case(
        "CentionTasksFail", "cention_tasks_total", {**DEMO, "task": "drain", "outcome": "done"},
        [], ["0+9x60"],
    ),
    Case("CentionRecordsParked", "cention_wanted_parked", FAMILY, ["1x60"], ["0x60"]),
    Case("CentionDocumentsUnreadable", "cention_unreadable", FAMILY, ["1x60"], ["0x60"]),
    Case(
        "CentionLogonsUnreadable", "cention_unreadable", {**DEMO, "family": "agent_logons"},
        ["1x60"], ["0x60"],
    ),
    Case("CentionCallbackProblems", "cention_callbacks_problems", DEMO, ["1x60"], ["0x60"]),
    Case("CentionSentUnknown", "cention_sent_unknown", DEMO, ["1x60"], ["0x60"]),
    Case(
        "CentionMirrorLate", "cention_late", {**DEMO, "family": "library"},
        ["0x44 1x60"], ["0x60", "0x49 1x60"],
    ),
    Case(
        "CentionExportsStopped", "cention_paused", {**DEMO, "family": "exports"},
        ["1x60"], ["0x60"], shown=DEMO,
    ),
    Case("CentionFiguresBehind", "cention_figures_oldest_seconds", DEMO, ["301x60"], ["300x60"]),
    Case(
        "CentionFiguresRenewedTooLong", "cention_figures_renewed", DEMO,
        ["1x500"], ["0x500", "0x100 1x400"], at="7h",
    ),
    Case("CentionReportUnsettled", "cention_report_unsettled", DEMO, ["1x60"], ["0x60"]),
    Case("CentionFiguresFailed", "cention_figures_failed", DEMO, ["1x60"], ["0x60"]),
    *(
        Case(alert, metric, DEMO, ["7x40 8x60"], ["7x60", "8x40 7x60", "_x40 7x60"])
        for alert, metric in (
            ("CentionOddArrivals", "cention_figures_odd_arrivals"),
            ("CentionAnswersUnmatched", "cention_survey_unmatched"),
            ("CentionSurveysStuck", "cention_survey_stuck"),
        )
    ),
    Case("CentionSurveyVendorRefuses", "cention_survey_paused", VENDOR, ["1x60"], ["0x60"]),
    Case("CentionMailsRefused", "cention_survey_paused", MAIL, ["1x60"], ["0x60"]),
    Case("CentionInvitationsUnknown", "cention_survey_unknown", DEMO, ["1x60"], ["0x60"]),
    Case(
        "CentionInvitationsWait", "cention_survey_oldest_due_seconds", DEMO, ["601x60"], ["600x60"]
    ),
    Case("CentionSurveysHeld", "cention_survey_held", DEMO, ["1x60"], ["0x60"]),
    Case("CentionCustomersWait", "cention_survey_waiting_seconds", VENDOR, ["31x60"], ["30x60"]),
    Case(
        "CentionSurveyOutcomesUnknown", "cention_survey_outcomes_unknown", VENDOR,
        ["1x60"], ["0x60"],
    ),
)  # fmt: skip


def document(rules: str, severities: Mapping[str, str]) -> dict[str, Any]:
    """Return the tests of all cases, with the path of the rules and the severity of each alert."""
    return {
        "rule_files": [rules],
        "evaluation_interval": "1m",
        "tests": [
            _test(case, values, severities[case.alert] if values in case.fires else None)
            for case in CASES
            for values in (*case.fires, *case.quiet)
        ],
    }


def _test(case: Case, values: str, severity: str | None) -> dict[str, Any]:
    """Return one test: which alerts there are at the end, of all rules."""
    own = "".join(f'{name}="{value}",' for name, value in case.labels.items())
    figures = {f"{case.metric}{{{own}": values, **(case.beside or {})}
    if case.metric != "up":
        figures["up{"] = "1x600"
    alerts = _alerts(case, severity) if severity else []
    return {
        "name": f"{case.alert}: {values}",
        "interval": "1m",
        "input_series": [
            {"series": f'{opened}job="cention",instance="{receiver}"}}', "values": one}
            for opened, one in figures.items()
            for receiver in RECEIVERS
        ],
        "promql_expr_test": [
            {
                "expr": 'ALERTS{alertstate="firing"}',
                "eval_time": case.at,
                "exp_samples": [{"labels": alert, "value": 1} for alert in alerts],
            }
        ],
    }


def _alerts(case: Case, severity: str) -> list[str]:
    """Return the series of the alerts that fire: one, or one for each receiver."""
    labels = {"alertname": case.alert, "alertstate": "firing", "severity": severity}
    labels |= {"job": "cention", **(case.labels if case.shown is None else case.shown)}
    each = [labels] if case.one else [{**labels, "instance": one} for one in RECEIVERS]
    pairs = (",".join(f'{name}="{value}"' for name, value in one.items()) for one in each)
    return [f"ALERTS{{{one}}}" for one in pairs]
