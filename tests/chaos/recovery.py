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
    """How long it took until everything flowed again."""

    seconds: float
    missing: tuple[str, ...]  # what had not arrived after ``NEVER_S``


def watch(scene: Scene) -> Recovery:
    """Let one of each kind be made now, and return when all are in the database."""
    began_s = time.monotonic()
    made = _make_one_of_each(scene)
    arrived: tuple[int, ...] = (0,) * len(WHAT)
    while not all(arrived) and time.monotonic() - began_s < NEVER_S:
        time.sleep(0.1)
        arrived = _arrived(scene, made) or arrived
    return Recovery(
        seconds=time.monotonic() - began_s,
        missing=tuple(what for what, there in zip(WHAT, arrived, strict=True) if not there),
    )


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


def _arrived(scene: Scene, made: dict[str, int]) -> tuple[int, ...] | None:
    """Return ``None`` while the database does not answer."""
    try:
        with scene.database() as conn:
            return conn.execute(ARRIVED, made).fetchone()
    except psycopg.OperationalError:
        return None
