"""``GET /health/live`` and ``/health/ready``: to restart this process? to send to it?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeAlias

from flask import Blueprint

from receiver.probes import Probe

WITHIN_S = 1.0  # for all dependencies together

Check: TypeAlias = Callable[[], None]
"""Returns if the dependency answers, and raises if it does not; may take its time."""


def blueprint(*, database: Check, broker: Check) -> Blueprint:
    """Build the two pages.

    A process that cannot reach the broker is ready: callbacks are kept without it, and found by
    the sweep. Taking every receiver out of service for it would turn callbacks away.
    """
    door = Blueprint("health", __name__, url_prefix="/health")
    probes = {"database": Probe(database), "broker": Probe(broker)}

    @door.get("/live")
    def live() -> dict[str, str]:
        return {"status": "ok"}

    @door.get("/ready")
    def ready() -> tuple[dict[str, str], int]:
        asked = {name: probe.ask() for name, probe in probes.items()}
        wait(asked.values(), WITHIN_S)
        states = {name: _state(answer) for name, answer in asked.items()}
        if states["database"] == "up":
            return {"status": "ok", **states}, 200
        return {"status": "unavailable", **states}, 503

    return door


def _state(answer: Future[None]) -> str:
    """Tell which dependency fails, but not why: that would show where it is."""
    return "up" if answer.done() and answer.exception() is None else "down"
