"""What beat does, and how often. Two beats cost a look and harm nothing."""

from __future__ import annotations

from typing import Any

from workers.config.names import Queue, TaskName
from workers.config.settings import Settings
from workers.mirrors.rules import enabled

SWEEP_EVERY_S = 2.0
CANARY_EVERY_S = 15.0
LOOK_WHETHER_TO_RECONCILE_S = 60.0  # so that no restart of beat puts the counting off
RETAIN_EVERY_S = 3600.0
LOOK_WHETHER_TO_MIRROR_S = 60.0  # so that neither a restart nor a failure puts it off for long
LOOKS_A_RENEWAL = 4  # at least, so that one is late by a quarter of its interval at most


def beat_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return Celery's ``beat_schedule``; what beat sends is dropped if nobody takes it in time."""
    polls = {
        f"poll {workspace.name}": _every(
            settings.poll_every_s, TaskName.POLL, workspace.name, queue=Queue.POLLS
        )
        for workspace in settings.workspaces
    }
    renewals = {
        f"mirror {mirror} {workspace}": _every(
            min(LOOK_WHETHER_TO_MIRROR_S, every_s / LOOKS_A_RENEWAL),
            TaskName.MIRROR,
            workspace,
            mirror,
            queue=Queue.FETCH,
        )
        for (workspace, mirror), every_s in enabled.intervals(settings).items()
    }
    return {
        "sweep": _every(SWEEP_EVERY_S, TaskName.SWEEP),
        "canary": _every(CANARY_EVERY_S, TaskName.CANARY),
        "reconcile": _every(LOOK_WHETHER_TO_RECONCILE_S, TaskName.RECONCILE, queue=Queue.FETCH),
        "retain": _every(RETAIN_EVERY_S, TaskName.RETAIN, queue=Queue.FETCH),
        **polls,
        **renewals,
    }


def _every(
    seconds: float, task: TaskName, *args: str, queue: Queue = Queue.CALLBACKS
) -> dict[str, Any]:
    return {
        "task": task,
        "schedule": seconds,
        "args": args,
        "options": {"queue": queue, "expires": max(seconds * 2, 10)},
    }
