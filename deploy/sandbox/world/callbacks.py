"""Sends answer callbacks, each until the receiver answers 200, with exponential back-off."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from deploy.sandbox.http.encoding import MEDIA_TYPE, encode
from deploy.sandbox.resources.documents import callback_document
from deploy.sandbox.world.records import Callback
from deploy.sandbox.world.world import World

CONCURRENCY = 8
TIMEOUT_S = 10.0
FIRST_DELAY_S = 0.5
MAX_DELAY_S = 15.0


@dataclass(kw_only=True)
class CallbackSender:
    """Sends the callbacks in the queue of ``world`` to ``url``, ``CONCURRENCY`` at a time."""

    world: World
    url: str
    rng: random.Random
    secret: str = field(repr=False)
    odd_links: bool = False  # some files have links of another shape, or none
    outcomes: Counter[str] = field(default_factory=Counter)  # "200", "503", "no answer"
    in_flight: int = 0

    async def run(self) -> None:
        """Send until cancelled."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            for _ in range(CONCURRENCY):
                group.create_task(self._work(session))

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            callback = self.world.callback_queue.take_due(self.world.now())
            if callback is None:
                await self.world.callback_queue.changed(self._seconds_to_wait())
                continue
            self.in_flight += 1
            try:
                await self._send(session, callback)
            finally:
                self.in_flight -= 1

    def _seconds_to_wait(self) -> float | None:
        due_at = self.world.callback_queue.next_due_at()
        return None if due_at is None else max(0.0, due_at - self.world.now())

    async def _send(self, session: aiohttp.ClientSession, callback: Callback) -> None:
        callback.tries += 1
        document = callback_document(
            callback, secret=self.secret, rng=self.rng, odd_links=self.odd_links
        )
        body = encode(document)
        try:
            async with session.post(
                self.url, data=body, headers={"Content-Type": MEDIA_TYPE}, allow_redirects=False
            ) as response:
                callback.last_status = response.status
        except (aiohttp.ClientError, TimeoutError):
            callback.last_status = None
        self.outcomes[str(callback.last_status or "no answer")] += 1
        if callback.last_status == 200:
            callback.accepted = True
        else:
            self.world.callback_queue.put(
                callback, due_at=self.world.now() + delay_s(callback.tries)
            )


def delay_s(tries: int) -> float:
    """Return the seconds to wait after so many failures: doubled each time, up to a maximum."""
    return float(min(MAX_DELAY_S, FIRST_DELAY_S * 2 ** min(tries - 1, 10)))
