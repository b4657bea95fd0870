"""One storm: changes without pause, blow after blow, then quiet and the reckoning."""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg

from tests.acceptance.comparison import differences, pending_slas
from tests.acceptance.duplicates import duplicates
from tests.chaos import recovery
from tests.chaos.bridge import ChaosBridge, running_chaos_bridge
from tests.chaos.faults import FAULTS
from tests.chaos.load import change_again, create_load
from tests.chaos.recovery import Recovery
from workers.spool.layout import spool_status

RECOVERED_WITHIN_S = 60.0
SHORT_STORM_S = 35.0
STORED: LiteralString = """
    SELECT count(filed_at), count(problem) FILTER (WHERE filed_at IS NULL) FROM intake.callback
"""
# All of them clear the flag or come before; none is one of those that may be kept as a problem.
SANDBOX_FAULTS = {
    "dropped": {"probability": 0.01},
    "error_500": {"probability": 0.01},
    "truncated": {"probability": 0.01},
    "broken_json": {"probability": 0.01},
    "login_page": {"probability": 0.005},
    "busy": {"probability": 0.01, "seconds": 1},
    "latency": {"probability": 0.5, "seconds": 0.2},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How hard it blows and for how long."""

    seed: int
    seconds: float
    rate: float  # changes a second
    lease_s: int
    hold_s: float  # how long a blow lasts that has to last
    calm_s: float  # in which everything has to arrive, once it is quiet
    slas: bool  # wait for those that Cention had not computed


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of it."""

    plan: Plan
    recoveries: dict[str, list[Recovery]] = field(default_factory=lambda: defaultdict(list))
    stats: dict[str, Any] = field(default_factory=dict)
    stored: tuple[int, int] = (0, 0)  # callbacks filed, and those with a problem
    lost: list[str] = field(default_factory=list)
    duplicates: dict[str, int] = field(default_factory=dict)
    calm_after_s: float = 0.0

    @property
    def failures(self) -> list[str]:
        """Say everything that must not be."""
        slow = [
            f"{kind}: {one}"
            for kind, found in self.recoveries.items()
            for one in found
            if one.seconds > RECOVERED_WITHIN_S
        ]
        accepted = self.stats["callbacks"]["accepted"]
        uneven = (
            [] if accepted == sum(self.stored) else [f"{accepted} accepted, {self.stored} kept"]
        )
        twice = [f"{what}: {count}" for what, count in self.duplicates.items()]
        return [*self.lost, *uneven, *twice, *slow]


def short_plan(seed: int) -> Plan:
    """Return a storm that fits into a test."""
    return Plan(
        seed=seed, seconds=SHORT_STORM_S, rate=15, lease_s=5, hold_s=3, calm_s=40, slas=False
    )


def long_plan(seed: int, *, minutes: float) -> Plan:
    return Plan(
        seed=seed, seconds=minutes * 60, rate=25, lease_s=15, hold_s=8, calm_s=240, slas=True
    )


def run_campaign(plan: Plan) -> Report:
    """Bring up a bridge, strike it, and reconcile. Tells how it goes on standard error."""
    report = Report(plan=plan)
    rng = random.Random(plan.seed)
    log(f"seed {plan.seed}")
    with running_chaos_bridge(lease_s=plan.lease_s, hold_s=plan.hold_s) as bridge:
        bridge.sandbox.post("faults", SANDBOX_FAULTS)
        bridge.sandbox.post("resume", {"rate": plan.rate})
        ends_at = time.monotonic() + plan.seconds
        for kind in fault_order(rng):
            if time.monotonic() > ends_at:
                break
            recovered = recover_from(bridge, kind, random.Random(rng.getrandbits(32)))
            report.recoveries[kind].append(recovered)
            log(f"{kind}: {recovered}")
        reconcile(bridge, report)
    return report


def recover_from(bridge: ChaosBridge, kind: str, chance: random.Random) -> Recovery:
    """Strike in the middle of a wave; return how soon all was well, once the blow was over."""
    wave = create_load(bridge)
    time.sleep(chance.uniform(0, 2.5))
    beside = FAULTS[kind](bridge, chance)
    change_again(bridge, wave, chance)
    recovered = recovery.watch(bridge)
    if beside:
        beside.join()
    return recovered


def fault_order(rng: random.Random) -> Iterator[str]:
    """Yield kinds of blows for ever, each as often as the others."""
    while True:
        yield from rng.sample(sorted(FAULTS), len(FAULTS))


def reconcile(bridge: ChaosBridge, report: Report) -> None:
    """Let it become quiet, and count what is not as it ought to be."""
    sandbox, plan = bridge.sandbox, report.plan
    sandbox.post("faults", dict.fromkeys(SANDBOX_FAULTS))
    sandbox.post("quiet")
    began_s = time.monotonic()
    before = -1
    while time.monotonic() - began_s < plan.calm_s:
        report.lost = remaining(bridge, slas=plan.slas)
        if len(report.lost) != before:
            log(f"quiet: {len(report.lost)} differences")
        if not report.lost:
            break
        before = len(report.lost)
        time.sleep(1)
    report.calm_after_s = time.monotonic() - began_s
    report.stats = sandbox.get("stats")
    report.duplicates = duplicates(bridge.database_url)
    report.stored = stored(bridge)
    if report.failures:
        log_evidence(bridge, report)


def remaining(bridge: ChaosBridge, *, slas: bool) -> list[str]:
    waiting = bridge.sandbox.get("stats")["callbacks"]["waiting"]
    unsent = [f"{waiting} callbacks are not accepted yet"] if waiting else []
    awaited = pending_slas(bridge.database_url) if slas else 0
    unknown = [f"{awaited} SLAs are awaited"] if awaited else []
    spooled = spool_status(bridge.run.var / "spool")
    waiting_here = spooled.waiting if spooled else 0
    kept_here = [f"{waiting_here} callbacks are in the spool"] if waiting_here else []
    return [*unsent, *kept_here, *differences(bridge.sandbox, bridge.database_url), *unknown]


def stored(bridge: ChaosBridge) -> tuple[int, int]:
    """Count the callbacks that were filed, and those kept as problems."""
    with bridge.database() as conn:
        filed, problems = conn.execute(STORED).fetchall()[0]
        return filed, problems


def log(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def log_evidence(bridge: ChaosBridge, report: Report) -> None:
    """Show what explains a failure best."""
    for line in report.failures[:50]:
        log(line)
    with psycopg.connect(bridge.database_url) as conn:
        for row in conn.execute("SELECT * FROM intake.wanted LIMIT 50"):
            log(f"wanted: {row}")
        for row in conn.execute("SELECT * FROM intake.pause"):
            log(f"paused: {row}")
