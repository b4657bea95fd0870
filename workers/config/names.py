"""Names of queues, tasks, families and mirrors: what a sender must know of the workers."""

from __future__ import annotations

from enum import StrEnum

LOG_LEVELS = ("debug", "info", "warning", "error")


class Queue(StrEnum):
    """A Celery queue."""

    CALLBACKS = "callbacks"  # short and urgent, no requests to Cention: filing, the sweep
    POLLS = "polls"  # polls of lists, which wait for Cention
    FETCH = "fetch"  # drains, which wait for Cention, and slow reconciliation
    SURVEYS = "surveys"  # decisions about surveys, and invitations, which wait for vendors


class TaskName(StrEnum):
    """A Celery task."""

    FILE_CALLBACKS = "callbacks.file"
    POLL = "poll"
    DRAIN = "drain"
    SWEEP = "sweep"
    CANARY = "canary"
    RECONCILE = "reconcile"
    RETAIN = "retain"
    MIRROR = "mirror"
    METRICS = "metrics"
    REPORT = "report"
    OPERATOR_WORK = "operator_work"
    SURVEY_DECIDE = "surveys.decide"
    SURVEY_INVITE = "surveys.invite"
    SURVEY_ALERT = "surveys.alert"
    SURVEY_CONVERSE = "survey_converse"


QUEUE_OF = {
    TaskName.FILE_CALLBACKS: Queue.CALLBACKS,
    TaskName.POLL: Queue.POLLS,
    TaskName.DRAIN: Queue.FETCH,
    TaskName.SWEEP: Queue.CALLBACKS,
    TaskName.CANARY: Queue.CALLBACKS,  # the one that sends the others, each to a queue of its own
    TaskName.RECONCILE: Queue.FETCH,
    TaskName.RETAIN: Queue.FETCH,
    TaskName.MIRROR: Queue.FETCH,
    TaskName.METRICS: Queue.FETCH,
    TaskName.REPORT: Queue.FETCH,
    TaskName.OPERATOR_WORK: Queue.FETCH,
    TaskName.SURVEY_DECIDE: Queue.SURVEYS,
    TaskName.SURVEY_INVITE: Queue.SURVEYS,
    TaskName.SURVEY_ALERT: Queue.FETCH,
    TaskName.SURVEY_CONVERSE: Queue.SURVEYS,
}


class Family(StrEnum):
    """A kind of record that is fetched from Cention by its id."""

    ERRAND_REPORTS = "errand_reports"
    FACEBOOK_RATINGS = "facebook_ratings"
    RESPONSE_ATTACHMENTS = "response_attachments"
    AREA_ARCHIVES = "area_archives"
    LIBRARY_ATTACHMENTS = "library_attachments"


class Mirror(StrEnum):
    """A part of Cention that is copied as a whole, on a schedule."""

    LIBRARY = "library"
    AGENT_LOGONS = "agent_logons"
    EXPORTS = "exports"
