"""The tasks that beat sends, and how often. A second beat does no harm: tasks check what is due."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from celery.schedules import schedule

from workers.config.names import QUEUE_OF, TaskName
from workers.config.settings import Settings
from workers.mirrors.rules import enabled

SWEEP_EVERY_S = 2.0
CANARY_EVERY_S = 15.0
CHECK_RECONCILE_EVERY_S = 60.0  # so that a restart of beat does not delay it for long
CHECK_RETAIN_EVERY_S = 60.0
CHECK_MIRROR_EVERY_S = 60.0  # so that neither a restart nor a failure delays it for long
METRICS_EVERY_S = 5.0
DECIDE_EVERY_S = 30.0
INVITE_EVERY_S = 5.0
CONVERSE_EVERY_S = 5.0  # for lost nudges, and what a dead worker has left
ALERT_EVERY_S = 60.0
CHECK_REPORT_EVERY_S = 60.0
OPERATOR_WORK_EVERY_S = 15.0  # for lost nudges, and what a dead worker has left
WORKSPACES_PER_POLL = 8  # in one message
CHECKS_PER_REFRESH = 4  # at least, so that a refresh is late by a quarter of its interval at most
_STARTED_AT = datetime.now(UTC)
_STARTED_TICKS = time.monotonic()


def beat_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return Celery's ``beat_schedule``; everything is sent once when beat starts.

    No message expires: that would compare the clock of beat with the clocks of the workers.
    """
    names = [workspace.name for workspace in settings.workspaces]
    polls = {
        f"poll {names[first]}": _every(
            settings.poll_every_s, TaskName.POLL, *names[first : first + WORKSPACES_PER_POLL]
        )
        for first in range(0, len(names), WORKSPACES_PER_POLL)
    }
    mirrors_every_s = enabled.intervals(settings.mirror_every_s, settings.workspaces).values()
    check_every_s = min(mirrors_every_s, default=math.inf) / CHECKS_PER_REFRESH
    mirrors = _every(min(CHECK_MIRROR_EVERY_S, check_every_s), TaskName.MIRROR)
    reports = {
        f"report {workspace.name}": _every(CHECK_REPORT_EVERY_S, TaskName.REPORT, workspace.name)
        for workspace in settings.workspaces
        if workspace.report.weekday is not None
    }
    return {
        "sweep": _every(SWEEP_EVERY_S, TaskName.SWEEP),
        "canary": _every(CANARY_EVERY_S, TaskName.CANARY),
        "reconcile": _every(CHECK_RECONCILE_EVERY_S, TaskName.RECONCILE),
        "metrics": _every(METRICS_EVERY_S, TaskName.METRICS),
        "retain": _every(CHECK_RETAIN_EVERY_S, TaskName.RETAIN),
        # Beat sends these for each workspace that has something to do, and each mirror that is due.
        "mirrors": mirrors,
        "surveys": _every(DECIDE_EVERY_S, TaskName.SURVEY_DECIDE),
        "invitations": _every(INVITE_EVERY_S, TaskName.SURVEY_INVITE),
        "conversations": _every(CONVERSE_EVERY_S, TaskName.SURVEY_CONVERSE),
        "survey alerts": _every(ALERT_EVERY_S, TaskName.SURVEY_ALERT),
        "operator work": _every(OPERATOR_WORK_EVERY_S, TaskName.OPERATOR_WORK),
        **polls,
        **reports,
    }


def steady_now() -> datetime:
    """Return the time of a clock that began right and that nobody sets.

    If the clock of the machine is set back, what beat sent before must not seem to be in the
    future: nothing would be sent until then.
    """
    return _STARTED_AT + timedelta(seconds=time.monotonic() - _STARTED_TICKS)


def _every(seconds: float, task: TaskName, *args: str) -> dict[str, Any]:
    return {
        "task": task,
        "schedule": schedule(seconds, nowfun=steady_now),
        "last_run_at": steady_now() - timedelta(seconds=seconds),
        "args": args,
        "options": {"queue": QUEUE_OF[task]},
    }
