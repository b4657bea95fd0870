"""Marks as changed what changed just before the sandbox started, little by little."""

from __future__ import annotations

import asyncio
from collections.abc import Sized

from deploy.sandbox.world.history.life import MAX_S
from deploy.sandbox.world.world import World

RECENT_S = 36 * 3_600
LISTED_MAX = 200  # on a list of changes; then none is added until some were fetched
BATCH_SIZE = 10  # errands that are looked at before other requests are served
PAUSE_S = 0.02
LOOK_EVERY_S = 0.5


async def mark_recent_changes(world: World) -> None:
    """Mark all ratings, and the errands that changed in the last 36 hours, the newest first.

    All older errands are found through exports, as at Cention, where the list of changed errands
    has only what changed since it was last read. Ratings are found through their list alone. So
    that fresh changes need not wait, no list gets long.
    """
    history = world.history
    for rating in history.ratings():
        await _room(world.dirty_ratings)
        world.ratings.setdefault(rating.rating_id, rating)
        world.dirty_ratings.add(rating.rating_id)
    looked_at = 0
    for day in history.all_days():
        if history.midnight(day) < history.until - RECENT_S - MAX_S:
            break
        for errand in history.errands_of(day):
            if errand.changed_at > history.until - RECENT_S:
                await _room(world.dirty_errands)
                world.dirty_errands.add(errand.errand_id)
            looked_at += 1
            if looked_at % BATCH_SIZE == 0:
                await asyncio.sleep(PAUSE_S)


async def _room(listed: Sized) -> None:
    """Return when a list of changes is not long."""
    await asyncio.sleep(0)
    while len(listed) >= LISTED_MAX:
        await asyncio.sleep(LOOK_EVERY_S)
