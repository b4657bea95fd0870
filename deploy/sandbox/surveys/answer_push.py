"""Sends the answers of the robots to the receiver, as a survey vendor would."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import aiohttp
import orjson

from deploy.sandbox.surveys.messages import Messages
from deploy.sandbox.surveys.results import ROWS
from deploy.sandbox.world.world import World

EVERY_S = 1.0
TIMEOUT_S = 10.0
MAX_ROWS = 200  # in one request


@dataclass(kw_only=True)
class AnswerPush:
    """Sends each vendor's answers in order to ``url``/VENDOR, until they are answered with 200.

    Rows whose response is lost are sent again.
    """

    world: World
    url: str
    secret: str = field(repr=False)
    accepted: Counter[str] = field(default_factory=Counter)  # rows, by vendor
    outcomes: Counter[str] = field(default_factory=Counter)  # "200", "503", "no answer"

    async def run(self) -> None:
        """Send until cancelled."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                for vendor in ROWS:
                    while await self._send_batch(session, vendor):
                        pass
                await asyncio.sleep(EVERY_S)

    async def _send_batch(self, session: aiohttp.ClientSession, vendor: str) -> bool:
        """Send the next rows; return whether they were accepted and others may wait."""
        first = self.accepted[vendor]
        # Answers arrive in the order of their times, so those accepted are always the first.
        waiting = self.world.state(Messages).answered(vendor)[first : first + MAX_ROWS]
        if not waiting:
            return False
        body = orjson.dumps({"rows": [ROWS[vendor](*pair) for pair in waiting]})
        outcome = await self._post(session, f"{self.url.rstrip('/')}/{vendor}", body)
        self.outcomes[outcome] += 1
        if outcome != "200":
            return False
        self.accepted[vendor] += len(waiting)
        return len(waiting) == MAX_ROWS

    async def _post(self, session: aiohttp.ClientSession, url: str, body: bytes) -> str:
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        try:
            async with session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return str(response.status)
        except (aiohttp.ClientError, TimeoutError):
            return "no answer"
