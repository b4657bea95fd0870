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

from tests.acceptance.doubled import doubled
from tests.acceptance.truth import differences, slas_awaited
from tests.chaos import recovery
from tests.chaos.recovery import Recovery
from tests.chaos.scene import Scene, scene
from tests.chaos.strikes import STRIKES
from tests.chaos.waves import change_again, raise_wave
from workers.spool.layout import read_spool

RECOVERED_WITHIN_S = 60.0
SHORT_STORM_S = 35.0
KEPT: LiteralString = """
    SELECT count(filed_at), count(problem) FILTER (WHERE filed_at IS NULL) FROM intake.callback
"""
# All of them clear the flag or come before; none is one of those that may be kept as a problem.
FAULTS = {
    "dropped": {"probability": 0.01},
    "error_500": {"probability": 0.01},
    "truncated": {"probability": 0.01},
    "broken_json": {"probability": 0.01},
    "login_page": {"probability": 0.005},
    "busy": {"probability": 0.01, "seconds": 1},
    "latency": {"probability": 0.5, "seconds": 0.2},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How hard it blows and for how long."""

    seed: int
    seconds: float
    rate: float  # changes a second
    lease_s: int
    hold_s: float  # how long a blow lasts that has to last
    calm_s: float  # in which everything has to arrive, once it is quiet
    slas: bool  # wait for those that Cention had not computed


@dataclass(slots=True, kw_only=True)
class Reckoning:
    """What came of it."""

    weather: Weather
    recoveries: dict[str, list[Recovery]] = field(default_factory=lambda: defaultdict(list))
    stats: dict[str, Any] = field(default_factory=dict)
    kept: tuple[int, int] = (0, 0)  # callbacks filed, and those with a problem
    lost: list[str] = field(default_factory=list)
    doubled: dict[str, int] = field(default_factory=dict)
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
        uneven = [] if accepted == sum(self.kept) else [f"{accepted} accepted, {self.kept} kept"]
        twice = [f"{what}: {count}" for what, count in self.doubled.items()]
        return [*self.lost, *uneven, *twice, *slow]


def gentle(seed: int) -> Weather:
    """Return a storm that fits into a test."""
    return Weather(
        seed=seed, seconds=SHORT_STORM_S, rate=15, lease_s=5, hold_s=3, calm_s=40, slas=False
    )


def fierce(seed: int, *, minutes: float) -> Weather:
    return Weather(
        seed=seed, seconds=minutes * 60, rate=25, lease_s=15, hold_s=8, calm_s=240, slas=True
    )


def weather_the_storm(weather: Weather) -> Reckoning:
    """Bring up a bridge, strike it, and reconcile. Tells how it goes on standard error."""
    reckoning = Reckoning(weather=weather)
    rng = random.Random(weather.seed)
    say(f"seed {weather.seed}")
    with scene(lease_s=weather.lease_s, hold_s=weather.hold_s) as stage:
        stage.sandbox.post("faults", FAULTS)
        stage.sandbox.post("resume", {"rate": weather.rate})
        ends_at = time.monotonic() + weather.seconds
        for kind in blows(rng):
            if time.monotonic() > ends_at:
                break
            recovered = survive(stage, kind, random.Random(rng.getrandbits(32)))
            reckoning.recoveries[kind].append(recovered)
            say(f"{kind}: {recovered}")
        reconcile(stage, reckoning)
    return reckoning


def survive(stage: Scene, kind: str, chance: random.Random) -> Recovery:
    """Strike in the middle of a wave; return how soon all was well, once the blow was over."""
    wave = raise_wave(stage)
    time.sleep(chance.uniform(0, 2.5))
    beside = STRIKES[kind](stage, chance)
    change_again(stage, wave, chance)
    recovered = recovery.watch(stage)
    if beside:
        beside.join()
    return recovered


def blows(rng: random.Random) -> Iterator[str]:
    """Yield kinds of blows for ever, each as often as the others."""
    while True:
        yield from rng.sample(sorted(STRIKES), len(STRIKES))


def reconcile(stage: Scene, reckoning: Reckoning) -> None:
    """Let it become quiet, and count what is not as it ought to be."""
    sandbox, weather = stage.sandbox, reckoning.weather
    sandbox.post("faults", dict.fromkeys(FAULTS))
    sandbox.post("quiet")
    began_s = time.monotonic()
    before = -1
    while time.monotonic() - began_s < weather.calm_s:
        reckoning.lost = remaining(stage, slas=weather.slas)
        if len(reckoning.lost) != before:
            say(f"quiet: {len(reckoning.lost)} differences")
        if not reckoning.lost:
            break
        before = len(reckoning.lost)
        time.sleep(1)
    reckoning.calm_after_s = time.monotonic() - began_s
    reckoning.stats = sandbox.get("stats")
    reckoning.doubled = doubled(stage.database_url)
    reckoning.kept = kept(stage)
    if reckoning.failures:
        say_evidence(stage, reckoning)


def remaining(stage: Scene, *, slas: bool) -> list[str]:
    waiting = stage.sandbox.get("stats")["callbacks"]["waiting"]
    unsent = [f"{waiting} callbacks are not accepted yet"] if waiting else []
    awaited = slas_awaited(stage.database_url) if slas else 0
    unknown = [f"{awaited} SLAs are awaited"] if awaited else []
    spooled = read_spool(stage.run.var / "spool")
    waiting_here = spooled.waiting if spooled else 0
    kept_here = [f"{waiting_here} callbacks are in the spool"] if waiting_here else []
    return [*unsent, *kept_here, *differences(stage.sandbox, stage.database_url), *unknown]


def kept(stage: Scene) -> tuple[int, int]:
    """Count the callbacks that were filed, and those kept as problems."""
    with stage.database() as conn:
        filed, problems = conn.execute(KEPT).fetchall()[0]
        return filed, problems


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def say_evidence(stage: Scene, reckoning: Reckoning) -> None:
    """Show what explains a failure best."""
    for line in reckoning.failures[:50]:
        say(line)
    with psycopg.connect(stage.database_url) as conn:
        for row in conn.execute("SELECT * FROM intake.wanted LIMIT 50"):
            say(f"wanted: {row}")
        for row in conn.execute("SELECT * FROM intake.pause"):
            say(f"paused: {row}")
