"""Life after a blow: what is told and changed from now on has to arrive."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from tests.chaos.scene import Scene

NEVER_S = 120.0
ARRIVED: LiteralString = """
    SELECT (EXISTS (SELECT FROM cention.errand WHERE errand_id = %(errand)s))::int,
           (EXISTS (SELECT FROM cention.facebook_rating WHERE rating_id = %(rating)s))::int,
           (EXISTS (SELECT FROM intake.callback
                    WHERE remote_id = %(callback)s AND filed_at IS NOT NULL))::int,
           (EXISTS (SELECT FROM cention.attachment WHERE kind = 'response'
                    AND attachment_id = %(attachment)s AND state = 'stored'))::int
"""
WHAT = ("errand", "rating", "callback", "attachment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How long it took until everything flowed again: seconds for each kind that arrived."""

    arrived_s: dict[str, float]

    @property
    def seconds(self) -> float:
        return NEVER_S if self.missing else max(self.arrived_s.values())

    @property
    def missing(self) -> list[str]:
        return [what for what in WHAT if what not in self.arrived_s]

    def __str__(self) -> str:
        told = [f"{what} {seconds:.1f} s" for what, seconds in self.arrived_s.items()]
        return ", ".join([*told, *(f"{what} NEVER" for what in self.missing)])


def watch(scene: Scene) -> Recovery:
    """Let one of each kind be made now, and return when all are in the database."""
    began_s = time.monotonic()
    made = _make_one_of_each(scene)
    arrived_s: dict[str, float] = {}
    while len(arrived_s) < len(WHAT) and time.monotonic() - began_s < NEVER_S:
        time.sleep(0.1)
        for what in _arrived(scene, made):
            arrived_s.setdefault(what, time.monotonic() - began_s)
    return Recovery(arrived_s=arrived_s)


def _make_one_of_each(scene: Scene) -> dict[str, int]:
    [errand] = scene.sandbox.post("errands", {"count": 1})["ids"]
    [rating] = scene.sandbox.post("ratings", {"count": 1})["ids"]
    told = scene.sandbox.post("callbacks", {"errand_id": errand, "attachments": 1})
    return {
        "errand": errand,
        "rating": rating,
        "callback": told["callback_id"],
        "attachment": told["attachments"][0],
    }


def _arrived(scene: Scene, made: dict[str, int]) -> list[str]:
    """Return what is in the database; nothing while that does not answer."""
    try:
        with scene.database() as conn:
            [there] = conn.execute(ARRIVED, made).fetchall()
    except psycopg.OperationalError:
        return []
    return [what for what, one in zip(WHAT, there, strict=True) if one]
