"""One campaign: constant changes, one fault after the other, then a comparison at rest."""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, LiteralString

from tests.acceptance.comparison import differences, pending_slas
from tests.acceptance.duplicates import duplicates
from tests.chaos import (
    conversation_truth,
    conversations,
    evidence,
    history_truth,
    recovery,
    survey_truth,
    surveys,
)
from tests.chaos.bridge import ChaosBridge, running_chaos_bridge
from tests.chaos.conversation_truth import ConversationState
from tests.chaos.conversations import Objectors
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.history_truth import History
from tests.chaos.hosts import faults as host_faults
from tests.chaos.hosts.bridge import HostsRun
from tests.chaos.hosts.network import Packets
from tests.chaos.load import change_again, create_load
from tests.chaos.recovery import Recovery
from tests.chaos.survey_truth import SurveyState
from tests.chaos.surveys import Pusher
from workers.spool.layout import spool_status

RECOVERED_WITHIN_S = 60.0
SHORT_STORM_S = 35.0
SHORT_STORM_OF_HOSTS_S = 25.0
SHORT_STORM_FAULTS = 3
# A survey vendor that refuses us is paused for 60 s, and the deciders run every 30 s after that;
# the rest is time for a busy machine.
QUIET_S = 300.0
STORED: LiteralString = """
    SELECT count(filed_at), count(problem) FILTER (WHERE filed_at IS NULL) FROM intake.callback
"""
# After each of these the record is fetched again; none leads to a record stored with a problem.
SANDBOX_FAULTS = {
    "dropped": {"probability": 0.01},
    "error_500": {"probability": 0.01},
    "truncated": {"probability": 0.01},
    "broken_json": {"probability": 0.01},
    "login_page": {"probability": 0.005},
    "busy": {"probability": 0.01, "seconds": 1},
    "latency": {"probability": 0.5, "seconds": 0.2},
}
ALL_FAULTS = SANDBOX_FAULTS | surveys.FAULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The parameters of a campaign."""

    seed: int
    seconds: float
    least_faults: int  # different ones, however long they take
    rate: float  # changes a second
    lease_s: int
    hold_s: float  # duration of faults that last
    quiet_s: float  # time for everything to arrive after the changes have stopped
    slas: bool  # wait also for SLAs that Cention had not computed
    timed: bool  # a recovery that takes too long is a failure
    hosts: int = 0  # 0: all processes on this machine, as ``make run``
    faults: Mapping[str, Fault] = field(default_factory=lambda: FAULTS)
    at_cention: Mapping[str, Any] = field(default_factory=lambda: ALL_FAULTS)  # and the vendors


@dataclass(slots=True, kw_only=True)
class Report:
    """The result of a campaign."""

    plan: Plan
    recoveries: dict[str, list[Recovery]] = field(default_factory=lambda: defaultdict(list))
    stats: dict[str, Any] = field(default_factory=dict)
    stored: tuple[int, int] = (0, 0)  # callbacks filed, and those with a problem
    lost: list[str] = field(default_factory=list)
    duplicates: dict[str, int] = field(default_factory=dict)
    calm_after_s: float = 0.0
    surveys: SurveyState | None = None
    conversations: ConversationState | None = None
    history: History = field(default_factory=History)
    clocks_s: tuple[int, ...] = ()  # by which those of the hosts are ahead
    packets: Packets | None = None  # of all hosts
    pushes: tuple[int, int] = (0, 0)  # of answers, and those that were not accepted

    @property
    def failures(self) -> list[str]:
        """Return every violation of the guarantees, one line each."""
        slow = [
            f"{kind}: {one}"
            for kind, found in self.recoveries.items()
            for one in found
            if self.plan.timed and one.seconds > RECOVERED_WITHIN_S
        ]
        accepted = self.stats["callbacks"]["accepted"]
        uneven = (
            [] if accepted == sum(self.stored) else [f"{accepted} accepted, {self.stored} stored"]
        )
        twice = [f"{what}: {count}" for what, count in self.duplicates.items()]
        return [*self.lost, *self.history.differences, *uneven, *twice, *slow]


def short_plan(seed: int) -> Plan:
    """Return the plan of the test, which shares its machine: it measures no times."""
    return Plan(
        seed=seed,
        seconds=SHORT_STORM_S,
        least_faults=SHORT_STORM_FAULTS,
        rate=15,
        lease_s=5,
        hold_s=3,
        quiet_s=QUIET_S,
        slas=False,
        timed=False,
    )


def short_plan_of_hosts(seed: int, *, hosts: int) -> Plan:
    """Return the plan of the test with several hosts: their own faults alone, so that it rests
    sooner."""
    return replace(
        short_plan(seed),
        seconds=SHORT_STORM_OF_HOSTS_S,
        hosts=hosts,
        faults=host_faults.HOST_FAULTS,
        at_cention={},
    )


def long_plan(seed: int, *, minutes: float, hosts: int = 0) -> Plan:
    return Plan(
        seed=seed,
        seconds=minutes * 60,
        least_faults=1,
        rate=25,
        lease_s=15,
        hold_s=8,
        quiet_s=240,
        slas=True,
        timed=True,
        hosts=hosts,
        faults=host_faults.ALL_FAULTS if hosts else FAULTS,
    )


def run_campaign(plan: Plan) -> Report:
    """Start a bridge, inject faults, and compare. Progress goes to standard error."""
    report = Report(plan=plan)
    rng = random.Random(plan.seed)
    log(f"seed {plan.seed}")
    with (
        running_chaos_bridge(lease_s=plan.lease_s, hold_s=plan.hold_s, hosts=plan.hosts) as bridge,
        conversations.objecting(bridge) as objectors,
    ):
        surveys.switch_on(bridge)
        bridge.sandbox.post("faults", plan.at_cention)
        bridge.sandbox.post("resume", {"rate": plan.rate})
        ends_at = time.monotonic() + plan.seconds
        with surveys.pushing(bridge) as pusher:
            for kind in fault_order(rng, sorted(plan.faults)):
                if time.monotonic() > ends_at and len(report.recoveries) >= plan.least_faults:
                    break
                once = random.Random(rng.getrandbits(32))
                recovered = recover_from(bridge, plan.faults[kind], once)
                report.recoveries[kind].append(recovered)
                log(f"{kind}: {recovered}")
            if isinstance(bridge.run, HostsRun):
                report.packets = bridge.run.packets()
                report.clocks_s = tuple(host.clock_s for host in bridge.run.hosts)
            reconcile(bridge, report, pusher, objectors)
    return report


def recover_from(bridge: ChaosBridge, inject: Fault, rng: random.Random) -> Recovery:
    """Inject a fault while work is in progress; return the recovery after its end."""
    wave = create_load(bridge)
    time.sleep(rng.uniform(0, 2.5))
    thread = inject(bridge, rng)
    change_again(bridge, wave, rng)
    recovered = recovery.watch(bridge)
    if thread:
        thread.join()
    return recovered


def fault_order(rng: random.Random, names: list[str]) -> Iterator[str]:
    """Yield the names of faults without end, each equally often."""
    while True:
        yield from rng.sample(names, len(names))


def reconcile(bridge: ChaosBridge, report: Report, pusher: Pusher, objectors: Objectors) -> None:
    """Stop the changes, wait until everything has arrived, and fill in the report."""
    sandbox, plan = bridge.sandbox, report.plan
    sandbox.post("faults", dict.fromkeys(plan.at_cention))
    sandbox.post("quiet")
    surveys.end_chats(bridge)
    began_s = time.monotonic()
    before = -1
    while time.monotonic() - began_s < plan.quiet_s:
        report.lost = remaining(bridge, objectors, slas=plan.slas)
        if len(report.lost) != before:
            log(f"quiet: {len(report.lost)} differences")
        if not report.lost:
            break
        before = len(report.lost)
        time.sleep(1)
    report.calm_after_s = time.monotonic() - began_s
    report.stats = sandbox.get("stats")
    report.surveys = survey_truth.read_state(sandbox, bridge.database_url)
    spoken = conversation_truth.read_state(sandbox, bridge.database_url, objectors)
    report.conversations = spoken
    report.duplicates = {
        **duplicates(bridge.database_url),
        **survey_truth.twice(report.surveys),
        **conversation_truth.twice(spoken),
    }
    report.pushes = pusher.pushes, pusher.lost
    report.history = history_truth.compare(sandbox, bridge.database_url)
    report.stored = stored(bridge)
    if report.failures:
        for line in [*report.failures[:50], *evidence.lines(bridge, report.surveys)]:
            log(line)


def remaining(bridge: ChaosBridge, objectors: Objectors, *, slas: bool) -> list[str]:
    waiting = bridge.sandbox.get("stats")["callbacks"]["waiting"]
    unsent = [f"{waiting} callbacks are not accepted yet"] if waiting else []
    awaited = pending_slas(bridge.database_url) if slas else 0
    unknown = [f"{awaited} SLAs are awaited"] if awaited else []
    spools = filter(None, map(spool_status, bridge.run.spools))
    waiting_here = sum(spool.waiting for spool in spools)
    kept_here = [f"{waiting_here} callbacks are in the spool"] if waiting_here else []
    asked = survey_truth.read_state(bridge.sandbox, bridge.database_url)
    spoken = conversation_truth.read_state(bridge.sandbox, bridge.database_url, objectors)
    found = [
        *differences(bridge.sandbox, bridge.database_url),
        *survey_truth.forgotten(asked),
        *conversation_truth.lost(spoken),
        *conversation_truth.unproven(spoken),
    ]
    # The short form does not wait until every customer has answered the last question.
    open_ = conversation_truth.unfinished(spoken) if slas else ()
    return [*unsent, *kept_here, *found, *unknown, *open_]


def stored(bridge: ChaosBridge) -> tuple[int, int]:
    """Return the number of callbacks that were filed, and of those stored with a problem."""
    with bridge.database() as conn:
        filed, problems = conn.execute(STORED).fetchall()[0]
        return filed, problems


def log(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)
