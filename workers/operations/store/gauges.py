"""State of the bridge as gauges for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workers.analytics.store import metrics_problems
from workers.analytics.store.metrics_problems import MetricsStatus
from workers.database import Connection
from workers.mirrors.store import mirrors
from workers.mirrors.store.mirrors import MirrorStatus
from workers.operations.store import status, work_counts
from workers.operations.store.status import FamilyStatus, InboxStatus, QueueStatus
from workers.operations.store.work_counts import Kind, WorkCount
from workers.surveys.store import conversations, counts, invitations, vendors
from workers.surveys.store.conversations import ConversationFigures
from workers.surveys.store.counts import Total
from workers.surveys.store.invitations import SurveyStatus
from workers.surveys.store.vendors import VendorPause


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One sample for Prometheus; a counter if its name ends with ``_total``."""

    name: str
    help: str
    labels: dict[str, str]
    value: float


def read_gauges(conn: Connection) -> list[Gauge]:
    """Return the samples that Prometheus reads from the database."""
    return [
        *(gauge for family in status.families(conn) for gauge in _of_family(family)),
        *(gauge for mirror in mirrors.statuses(conn) for gauge in _of_mirror(mirror)),
        *(gauge for inbox in status.inboxes(conn) for gauge in _of_inbox(inbox)),
        *(_of_queue(queue) for queue in status.queues(conn)),
        *(
            _of_unknown(workspace, count)
            for workspace, count in status.unknown_outcomes(conn).items()
        ),
        *(gauge for one in invitations.statuses(conn) for gauge in _of_surveys(one)),
        *map(_of_vendor, vendors.pauses(conn)),
        *(gauge for one in conversations.figures(conn) for gauge in _of_conversations(one)),
        *map(_of_total, counts.totals(conn)),
        *(gauge for one in metrics_problems.statuses(conn) for gauge in _of_figures(one)),
        *(
            _of_reports(workspace, count)
            for workspace, count in status.unsettled_reports(conn).items()
        ),
        *(gauge for one in work_counts.stored(conn) for gauge in _of_work(one)),
    ]


def _of_family(family: FamilyStatus) -> Iterator[Gauge]:
    labels = {"workspace": family.workspace, "family": family.family}
    for name, text, value in (
        ("wanted", "Records on the list of records to fetch", family.wanted),
        ("wanted_due", "Records that may be fetched now", family.due),
        ("wanted_parked", "Records parked until an operator releases them", family.parked),
        ("unreadable", "Stored documents that could not be read", family.unreadable),
        ("wanted_oldest_seconds", "Age of the oldest record that waits", family.oldest_wait_s),
        (
            "missing",
            "Reported records that are neither stored nor listed",
            family.missing,
        ),
        ("paused", "1 while the family or mirror is paused", family.paused_until is not None),
        ("uncounted", "1 if it was not reconciled in time", family.uncounted),
    ):
        yield Gauge(name=f"cention_{name}", help=text, labels=labels, value=float(value or 0))
    if family.last_poll_at is not None:
        yield Gauge(
            name="cention_poll_late",
            help="1 if Cention's list of changes was not read in time",
            labels=labels,
            value=float(family.poll_late),
        )


def _of_mirror(mirror: MirrorStatus) -> Iterator[Gauge]:
    labels = {"workspace": mirror.workspace, "family": mirror.mirror}
    for name, text, value in (
        ("unreadable", "Stored documents that could not be read", mirror.odd),
        ("paused", "1 while the family or mirror is paused", mirror.paused_until is not None),
        ("late", "1 if a mirror was not refreshed in time", mirror.late),
    ):
        yield Gauge(name=f"cention_{name}", help=text, labels=labels, value=float(value))


def _of_inbox(inbox: InboxStatus) -> Iterator[Gauge]:
    labels = {"workspace": inbox.workspace}
    for name, text, value in (
        ("unfiled", "Callbacks that are not filed yet", inbox.unfiled),
        ("problems", "Callbacks that could not be filed", inbox.problems),
        (
            "oldest_unfiled_seconds",
            "Age of the oldest unfiled callback",
            inbox.oldest_unfiled_s,
        ),
        ("silent", "1 if errands were answered and no callback came with them", inbox.silent),
    ):
        name = f"cention_callbacks_{name}"
        yield Gauge(name=name, help=text, labels=labels, value=float(value or 0))


def _of_queue(queue: QueueStatus) -> Gauge:
    return Gauge(
        name="cention_queue_silent_seconds",
        help="Time since a worker last answered on the queue",
        labels={"queue": queue.queue},
        value=float("inf") if queue.silent_s is None else queue.silent_s,
    )


def _of_unknown(workspace: str, count: int) -> Gauge:
    return Gauge(
        name="cention_sent_unknown",
        help="Requests with an unknown outcome at Cention",
        labels={"workspace": workspace},
        value=float(count),
    )


def _of_reports(workspace: str, count: int) -> Gauge:
    return Gauge(
        name="cention_report_unsettled",
        help="Weekly reports that were refused, or may have been sent",
        labels={"workspace": workspace},
        value=float(count),
    )


def _of_surveys(one: SurveyStatus) -> Iterator[Gauge]:
    labels = {"workspace": one.workspace}
    for name, text, value in (
        ("due", "Invitations that may be sent now", one.due),
        ("oldest_due_seconds", "Age of the oldest invitation that is due", one.oldest_due_s),
        ("sending", "Invitations that a vendor was asked for", one.sending),
        ("unknown", "Invitations with an unknown outcome", one.unknown),
        ("held", "1 while the surveys of a workspace are held", one.held is not None),
        ("stuck", "Surveys that a customer began and that cannot go on", one.stuck),
        ("unmatched", "Rows of results that belong to no invitation", one.unmatched),
    ):
        yield Gauge(
            name=f"cention_survey_{name}", help=text, labels=labels, value=float(value or 0)
        )


def _of_vendor(one: VendorPause) -> Gauge:
    return Gauge(
        name="cention_survey_paused",
        help="1 while a survey vendor refuses us",
        labels={"workspace": one.workspace, "vendor": one.vendor},
        value=float(one.paused_until is not None),
    )


def _of_conversations(one: ConversationFigures) -> Iterator[Gauge]:
    labels = {"workspace": one.workspace, "vendor": one.vendor}
    for name, text, value in (
        ("waiting_seconds", "Longest time a survey on our pages waits for it", one.longest_wait_s),
        ("outcomes_unknown", "Surveys whose answers may have reached it", one.unknown),
    ):
        yield Gauge(
            name=f"cention_survey_{name}", help=text, labels=labels, value=float(value or 0)
        )


def _of_total(one: Total) -> Gauge:
    if one.what == counts.DECISION:
        return Gauge(
            name="cention_survey_decisions_total",
            help="Decisions about errands by reason; one that was changed counts again",
            labels={"workspace": one.workspace, "reason": one.reason or ""},
            value=one.number,
        )
    return Gauge(
        name="cention_survey_answers_total",
        help="Answers of customers to questions of surveys",
        labels={"workspace": one.workspace},
        value=one.number,
    )


def _of_work(one: WorkCount) -> Iterator[Gauge]:
    if one.kind == Kind.FETCH:
        yield Gauge(
            name="cention_fetched_total",
            help="Records requested from Cention by what came of it",
            labels={"workspace": one.workspace, "family": one.name, "outcome": one.outcome},
            value=float(one.number),
        )
        return
    labels = {"workspace": one.workspace, "task": one.name, "outcome": one.outcome}
    yield Gauge(
        name="cention_tasks_total",
        help="Tasks that workers ran",
        labels=labels,
        value=float(one.number),
    )
    yield Gauge(
        name="cention_task_seconds_total",
        help="Time that workers spent on tasks",
        labels=labels,
        value=one.seconds,
    )


def _of_figures(one: MetricsStatus) -> Iterator[Gauge]:
    labels = {"workspace": one.workspace}
    for name, text, value in (
        ("oldest_seconds", "Age of the oldest change without figures", one.oldest_wait_s),
        ("failed", "Errands whose figures could not be computed", one.failed),
        ("odd_arrivals", "Errands whose time of arrival is implausible", one.arrivals),
        ("renewed", "1 while all figures are computed again", one.everything_since_at is not None),
    ):
        yield Gauge(
            name=f"cention_figures_{name}", help=text, labels=labels, value=float(value or 0)
        )
