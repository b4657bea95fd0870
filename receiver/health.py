"""``GET /health/live`` and ``/health/ready``: to restart this process? to send to it?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeAlias

from flask import Blueprint

from receiver.probes import Probe

WITHIN_S = 1.0  # for all dependencies together
WORDS = {"database": ("down", "up"), "broker": ("down", "up"), "spool": ("down", "ok")}

Check: TypeAlias = Callable[[], None]
"""Returns if the dependency answers, and raises if it does not; may take its time."""


def blueprint(*, database: Check, broker: Check, spool: Check) -> Blueprint:
    """Build the two pages.

    Ready means that callbacks may be sent here: while the database or the spool takes them. The
    broker is not needed, since the sweep finds what is kept. Taking every receiver out of service
    for what it can do without would turn callbacks away.
    """
    door = Blueprint("health", __name__, url_prefix="/health")
    probes = {"database": Probe(database), "broker": Probe(broker), "spool": Probe(spool)}

    @door.get("/live")
    def live() -> dict[str, str]:
        return {"status": "ok"}

    @door.get("/ready")
    def ready() -> tuple[dict[str, str], int]:
        asked = {name: probe.ask() for name, probe in probes.items()}
        wait(asked.values(), WITHIN_S)
        well = {name: _is_well(answer) for name, answer in asked.items()}
        states = {name: WORDS[name][well[name]] for name in probes}
        if well["database"] or well["spool"]:
            return {"status": "ok", **states}, 200
        return {"status": "unavailable", **states}, 503

    return door


def _is_well(answer: Future[None]) -> bool:
    """Tell whether a dependency fails, but not why: that would show where it is."""
    return answer.done() and answer.exception() is None
