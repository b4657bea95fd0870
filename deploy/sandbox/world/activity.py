"""Changes the simulated contact centre at a steady rate."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

from deploy.sandbox.resources.library import Library
from deploy.sandbox.resources.logons import Logons
from deploy.sandbox.world.world import World

TICK_S = 0.05
WEIGHTS = {
    "new": 30,
    "answer": 20,
    "open": 12,
    "close": 10,
    "assign": 8,
    "tag": 6,
    "rating": 5,
    "reopen": 3,
    "move": 3,
    "feedback": 3,
    "rating_again": 2,
    "forward": 2,
    "delete": 2,
    "library": 1,
}


@dataclass(kw_only=True)
class Activity:
    """Changes ``world`` at ``rate`` changes a second while ``running``."""

    world: World
    rng: random.Random
    rate: float
    running: bool = True

    async def run(self) -> None:
        """Make changes until cancelled."""
        owed = 0.0
        before = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            owed = owed + (now - before) * self.rate if self.running else 0.0
            before = now
            for _ in range(int(owed)):
                self.apply_random_change()
            owed -= int(owed)
            if self.running and self.rate:
                self.world.state(Logons).advance(self.world.now())

    def apply_random_change(self) -> None:
        """Make one change of a random kind."""
        [kind] = self.rng.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))
        if kind == "rating":
            self.world.add_rating()
        elif kind == "rating_again" and self.world.ratings:
            self.world.change_rating(self.rng.choice(tuple(self.world.ratings.values())))
        elif kind == "library":
            self.world.state(Library).change()
        elif kind in ("new", "rating_again"):
            self.world.add_errand()
        elif errand := self.world.recent_errand():
            self.world.change(errand, kind)
        else:
            self.world.add_errand()
