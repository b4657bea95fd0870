"""Work that is in progress when a fault is injected, and changes right after it."""

from __future__ import annotations

import random

from tests.chaos.bridge import ChaosBridge

ERRANDS = 200
ANSWERED = 15
CHANGED_AGAIN = 30


def create_load(bridge: ChaosBridge) -> list[int]:
    """Create many errands at once, and answer some; return their ids."""
    made: list[int] = bridge.sandbox.post("errands", {"count": ERRANDS, "actions": 2})["ids"]
    for errand_id in made[:ANSWERED]:
        bridge.sandbox.post("callbacks", {"errand_id": errand_id, "attachments": 1, "archives": 1})
    return made


def change_again(bridge: ChaosBridge, errand_ids: list[int], rng: random.Random) -> None:
    """Change some errands again, of which a failed process may hold an older state."""
    for errand_id in rng.sample(errand_ids, CHANGED_AGAIN):
        bridge.sandbox.post(f"errands/{errand_id}/change", {"kind": "open"})
