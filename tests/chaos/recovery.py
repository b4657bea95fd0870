"""Life after a blow: what is told and changed from now on has to arrive."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg

from tests.chaos.bridge import ChaosBridge

NEVER_S = 75.0
# One who was struck may go on for a moment, as the children of a killed gunicorn do.
CALLBACK_AFTER_S = (0.0, 1.0, 2.0, 3.0, 4.0)
ARRIVED: dict[str, LiteralString] = {
    "errand": "SELECT errand_id FROM cention.errand WHERE errand_id = ANY (%s)",
    "rating": "SELECT rating_id FROM cention.facebook_rating WHERE rating_id = ANY (%s)",
    "callback": """
        SELECT remote_id FROM intake.callback WHERE remote_id = ANY (%s) AND filed_at IS NOT NULL
    """,
    "attachment": """
        SELECT attachment_id FROM cention.attachment
        WHERE kind = 'response' AND attachment_id = ANY (%s) AND state = 'stored'
    """,
}


@dataclass(slots=True, kw_only=True)
class Recovery:
    """How long what was told after a blow took to arrive."""

    waiting: dict[tuple[str, int], float] = field(default_factory=dict)  # since when
    slowest_s: dict[str, float] = field(default_factory=dict)  # of each kind of record

    @property
    def seconds(self) -> float:
        return NEVER_S if self.waiting else max(self.slowest_s.values())

    def record_arrival(self, what: str, remote_id: int) -> None:
        took_s = time.monotonic() - self.waiting.pop((what, remote_id))
        self.slowest_s[what] = max(took_s, self.slowest_s.get(what, 0))

    def __str__(self) -> str:
        missing = {what for what, _ in self.waiting}
        told = [f"{what} {seconds:.1f} s" for what, seconds in self.slowest_s.items()]
        return ", ".join([*told, *(f"{what} NEVER" for what in missing)])


def watch(bridge: ChaosBridge) -> Recovery:
    """Let one of each kind be made now, and callbacks for some seconds; wait for them all."""
    began_s = time.monotonic()
    recovery = Recovery()
    to_ask = list(CALLBACK_AFTER_S)
    [errand] = _make(bridge, recovery, "errand")
    _make(bridge, recovery, "rating")
    while (recovery.waiting or to_ask) and time.monotonic() - began_s < NEVER_S:
        if to_ask and time.monotonic() - began_s >= to_ask[0]:
            _answer(bridge, recovery, errand, attachments=int(to_ask.pop(0) == 0))
        time.sleep(0.1)
        for what, remote_id in _arrived(bridge, recovery):
            recovery.record_arrival(what, remote_id)
    return recovery


def _make(bridge: ChaosBridge, recovery: Recovery, what: str) -> list[int]:
    made: list[int] = bridge.sandbox.post(f"{what}s", {"count": 1})["ids"]
    recovery.waiting |= {(what, one): time.monotonic() for one in made}
    return made


def _answer(bridge: ChaosBridge, recovery: Recovery, errand: int, *, attachments: int) -> None:
    wish = {"errand_id": errand, "attachments": attachments}
    told = bridge.sandbox.post("callbacks", wish)
    recovery.waiting["callback", told["callback_id"]] = time.monotonic()
    recovery.waiting |= {("attachment", one): time.monotonic() for one in told["attachments"]}


def _arrived(bridge: ChaosBridge, recovery: Recovery) -> list[tuple[str, int]]:
    """Return what is in the database; nothing while that does not answer."""
    found = []
    try:
        with bridge.database() as conn:
            for what, query in ARRIVED.items():
                ids = [one for kind, one in recovery.waiting if kind == what]
                found += [(what, row[0]) for row in conn.execute(query, [ids])]
    except psycopg.OperationalError:
        pass
    return found
