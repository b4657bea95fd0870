"""Names of queues, tasks and families: all that a sender needs to know of the workers."""

from __future__ import annotations

from enum import StrEnum


class Queue(StrEnum):
    """Where a nudge waits."""

    CALLBACKS = "callbacks"  # short and urgent, never waits for Cention: filing, the sweep
    POLLS = "polls"  # looks at lists, which wait for Cention
    FETCH = "fetch"  # drains, which wait for Cention, and counting, which takes its time


class TaskName(StrEnum):
    """What a nudge asks for."""

    FILE_CALLBACKS = "callbacks.file"
    POLL = "poll"
    DRAIN = "drain"
    SWEEP = "sweep"
    CANARY = "canary"
    RECONCILE = "reconcile"
    RETAIN = "retain"
    MIRROR = "mirror"


class Family(StrEnum):
    """A kind of record that is fetched from Cention by its id."""

    ERRAND_REPORTS = "errand_reports"
    FACEBOOK_RATINGS = "facebook_ratings"
    RESPONSE_ATTACHMENTS = "response_attachments"
    AREA_ARCHIVES = "area_archives"
    LIBRARY_ATTACHMENTS = "library_attachments"


class Mirror(StrEnum):
    """A picture of something at Cention that is renewed on a schedule, not record by record."""

    LIBRARY = "library"
    AGENT_LOGONS = "agent_logons"
    EXPORTS = "exports"
