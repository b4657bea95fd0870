"""Marks as changed what changed just before the sandbox started, little by little."""

from __future__ import annotations

import asyncio

from deploy.sandbox.world.history.life import MAX_S
from deploy.sandbox.world.world import World

RECENT_S = 36 * 3_600
BATCH_SIZE = 10  # errands that are looked at before other requests are served
PAUSE_S = 0.02


async def mark_recent_changes(world: World) -> None:
    """Mark the errands that changed in the last 36 hours, the newest first, and all ratings.

    All older errands are found through exports, as at Cention, where the list of changed errands
    has only what changed since it was last read. Ratings are found through their list alone.
    """
    history = world.history
    looked_at = 0
    for day in history.all_days():
        if history.midnight(day) < history.until - RECENT_S - MAX_S:
            break
        for errand in history.errands_of(day):
            if errand.changed_at > history.until - RECENT_S:
                world.dirty_errands.add(errand.errand_id)
            looked_at += 1
            if looked_at % BATCH_SIZE == 0:
                await asyncio.sleep(PAUSE_S)
    for rating in history.ratings():
        world.ratings.setdefault(rating.rating_id, rating)
        world.dirty_ratings.add(rating.rating_id)
        await asyncio.sleep(PAUSE_S)
