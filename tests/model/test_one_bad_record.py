"""Bad records affect no healthy one, and a refused family affects no other."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest

from tests.integration.bridge import RATINGS, REPORTS, Bridge
from tests.integration.sandbox.sandbox_server import SandboxServer
from workers.sync.rules import retry_policy

FAILING = 200
HEALTHY_AT_ONCE = 5
SWEEP_S = 2  # between two nudges of due work
PARKED = (
    "SELECT count(*) AS n, min(tries), max(tries) FROM intake.wanted WHERE parked_at IS NOT NULL"
)


@dataclass
class Arrivals:
    """Healthy errands, and how long each of them waited."""

    bridge: Bridge
    cention: SandboxServer
    made_s: dict[int, float] = field(default_factory=dict)
    waited_s: dict[int, float] = field(default_factory=dict)

    def create_healthy(self) -> None:
        for errand_id in self.cention.control("errands", {"count": HEALTHY_AT_ONCE})["ids"]:
            self.made_s[errand_id] = time.monotonic()
        self.bridge.poll()

    def drain_until_idle(self) -> None:
        while self.bridge.drain().more:
            self._record_stored()
        self._record_stored()

    def _record_stored(self) -> None:
        for row in self.bridge.rows("SELECT errand_id FROM cention.errand"):
            made_s = self.made_s.get(row["errand_id"])
            if made_s is not None:
                self.waited_s.setdefault(row["errand_id"], time.monotonic() - made_s)


@pytest.fixture
def arrivals(bridge, cention) -> Arrivals:
    return Arrivals(bridge, cention)


@pytest.fixture
def failing(cention) -> list[int]:
    """Errands whose report is always a 500."""
    ids: list[int] = cention.control("errands", {"count": FAILING})["ids"]
    cention.control(
        "faults",
        {
            "error_500": {"probability": 1, "ids": ids},
            "latency": {"probability": 1, "seconds": 0.01},
        },
    )
    return ids


def make_failed_due(bridge: Bridge) -> None:
    """Let all failed records become due, the worst case for the others."""
    bridge.execute("UPDATE intake.wanted SET due_at = now() - interval '1 h' WHERE tries > 0")


def test_two_hundred_failing_records_delay_no_healthy_one_and_park_after_twelve_tries(
    bridge, failing, arrivals
):
    for _ in range(retry_policy.MAX_TRIES):
        arrivals.create_healthy()
        arrivals.drain_until_idle()
        make_failed_due(bridge)

    assert arrivals.waited_s.keys() == arrivals.made_s.keys()
    assert max(arrivals.waited_s.values()) < 5
    assert bridge.wanted_ids() == sorted(failing)
    [parked] = bridge.rows(PARKED)
    assert parked == {"n": FAILING, "min": retry_policy.MAX_TRIES, "max": retry_policy.MAX_TRIES}


def test_failing_records_wait_longer_and_longer_and_are_not_fetched_meanwhile(
    bridge, cention, failing
):
    bridge.poll()
    waits = []
    for _ in range(retry_policy.MAX_TRIES - 1):
        while bridge.drain().more:
            pass
        waits.append([bridge.wanted(errand_id)["wait_s"] for errand_id in failing[:20]])
        fetches = cention.control("stats")["faults"]["error_500"]
        bridge.drain()
        assert cention.control("stats")["faults"]["error_500"] == fetches
        make_failed_due(bridge)

    for number, seen in enumerate(waits):
        longest = min(retry_policy.MAX_BACKOFF_S, retry_policy.FIRST_BACKOFF_S * 2**number)
        assert longest / 2 - 5 <= min(seen) <= max(seen) <= longest
        assert len(set(seen)) > 1


def advance_time(bridge: Bridge, seconds: int) -> None:
    bridge.execute("UPDATE intake.wanted SET due_at = due_at - %s * interval '1 s'", seconds)
    bridge.execute("UPDATE intake.pause SET until_at = until_at - %s * interval '1 s'", seconds)


def test_a_refused_family_keeps_every_id_affects_no_other_and_resumes_within_a_minute(
    bridge, cention
):
    errands = cention.control("errands", {"count": 50})["ids"]
    bridge.poll(REPORTS)
    refused = {"probability": 1, "types": ["c3_errand_reports", "c3_dirty_errand_list"]}
    cention.control("faults", {"unauthorised": refused})
    for _ in range(60):
        cention.new_rating()
        bridge.poll(REPORTS)
        bridge.poll(RATINGS)
        bridge.drain(REPORTS)
        bridge.drain(RATINGS)
        advance_time(bridge, SWEEP_S)
        assert bridge.wanted_ids(REPORTS) == sorted(errands)
        assert bridge.wanted_ids(RATINGS) == []

    cention.control("faults", {"unauthorised": None})
    passed_s = 0
    while bridge.wanted_ids():
        bridge.drain(REPORTS)
        advance_time(bridge, SWEEP_S)
        passed_s += SWEEP_S
        assert passed_s <= 60

    [stored] = bridge.rows(
        "SELECT (SELECT count(*) FROM cention.errand) AS errands,"
        " (SELECT count(*) FROM cention.facebook_rating) AS ratings"
    )
    assert stored == {"errands": 50, "ratings": 60}
    assert bridge.rows("SELECT FROM intake.pause") == []
