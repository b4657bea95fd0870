"""``GET /health/live`` and ``/health/ready``: restart this process? send requests to it?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeAlias

from flask import Blueprint

from receiver.single_flight import SingleFlight

WITHIN_S = 1.0  # for all dependencies together
UP = {"database": "up", "broker": "up", "spool": "ok"}  # what a healthy dependency is called

Check: TypeAlias = Callable[[], None]
"""Returns if the dependency answers, and raises if it does not; may block."""


def blueprint(
    *, database: Check, broker: Check, spool: Check, shows_details: Callable[[], bool]
) -> Blueprint:
    """Build the two pages.

    Ready means that callbacks may be sent here: the database or the spool stores them. The
    broker is not needed, since the sweep finds what is stored; to take every receiver out of
    service for it would turn callbacks away. Each dependency is named where ``shows_details``.
    """
    pages = Blueprint("health", __name__, url_prefix="/health")
    checks = {
        "database": SingleFlight(database),
        "broker": SingleFlight(broker),
        "spool": SingleFlight(spool),
    }

    @pages.get("/live")
    def live() -> dict[str, str]:
        return {"status": "ok"}

    @pages.get("/ready")
    def ready() -> tuple[dict[str, str], int]:
        running = {name: check.call() for name, check in checks.items()}
        wait(running.values(), WITHIN_S)
        healthy = {name: _succeeded(result) for name, result in running.items()}
        states = {}
        if shows_details():
            states = {name: UP[name] if healthy[name] else "down" for name in checks}
        if healthy["database"] or healthy["spool"]:
            return {"status": "ok", **states}, 200
        return {"status": "unavailable", **states}, 503

    return pages


def _succeeded(result: Future[None]) -> bool:
    """Return whether a check succeeded in time, but not why: that would show where it is."""
    return result.done() and result.exception() is None
