"""Recovery after a fault: changes and callbacks from now on have to arrive."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg

from tests.chaos.bridge import ChaosBridge

NEVER_S = 75.0
# The children of a killed gunicorn continue for a moment, so callbacks are sent several times.
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
    """How long the changes after a fault took to arrive."""

    waiting: dict[tuple[str, int], float] = field(default_factory=dict)  # monotonic time of change
    slowest_s: dict[str, float] = field(default_factory=dict)  # by kind of record

    @property
    def seconds(self) -> float:
        return NEVER_S if self.waiting else max(self.slowest_s.values())

    def record_arrival(self, what: str, remote_id: int) -> None:
        took_s = time.monotonic() - self.waiting.pop((what, remote_id))
        self.slowest_s[what] = max(took_s, self.slowest_s.get(what, 0))

    def __str__(self) -> str:
        missing = {what for what, _ in self.waiting}
        callback = [f"{what} {seconds:.1f} s" for what, seconds in self.slowest_s.items()]
        return ", ".join([*callback, *(f"{what} NEVER" for what in missing)])


def watch(bridge: ChaosBridge) -> Recovery:
    """Make one change of each kind now, and callbacks for some seconds; wait for all of them."""
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
    body = {"errand_id": errand, "attachments": attachments}
    callback = bridge.sandbox.post("callbacks", body)
    recovery.waiting["callback", callback["callback_id"]] = time.monotonic()
    recovery.waiting |= {("attachment", one): time.monotonic() for one in callback["attachments"]}


def _arrived(bridge: ChaosBridge, recovery: Recovery) -> list[tuple[str, int]]:
    """Return what has arrived in the database; nothing while it does not answer."""
    found = []
    try:
        with bridge.database() as conn:
            for what, query in ARRIVED.items():
                ids = [one for kind, one in recovery.waiting if kind == what]
                found += [(what, row[0]) for row in conn.execute(query, [ids])]
    except psycopg.OperationalError:
        pass
    return found
