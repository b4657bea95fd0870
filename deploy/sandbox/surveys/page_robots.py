"""Customers who answer surveys on the bridge's pages: after a chat, or by the link of a mail."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp

from deploy.sandbox.surveys.alvaria import Dialogs
from deploy.sandbox.surveys.messages import Message, Messages
from deploy.sandbox.surveys.page_visitor import Visit, Visitor
from deploy.sandbox.world.world import World

EVERY_S = 0.5
CHATS_EVERY_S = 30.0
TIMEOUT_S = 15.0
AT_ONCE = 40
SHARE_TWICE = 0.1  # of the forms that are sent by a double click


class Visits:
    """The visits of all robots, by what led to them, and how often a chat begins."""

    def __init__(self, _world: World) -> None:
        self.chats_every_s = CHATS_EVERY_S  # 0: none
        self.links: dict[str, Visit] = {}  # by the id of the mail
        self.chats: dict[str, Visit] = {}  # by the id of the dialog


@dataclass(kw_only=True)
class PageRobots:
    """Opens pages below ``url``, whatever host a link names.

    A share of those who are written to answers, as soon as the robots of the other vendors do.
    """

    world: World
    url: str
    workspace: str
    rng: random.Random
    _seen: int = 0  # messages
    _next_chat_at: float = 0.0
    _due: list[tuple[float, Visit]] = field(default_factory=list)

    async def run(self) -> None:
        """Answer until cancelled."""
        slots = asyncio.Semaphore(AT_ONCE)
        async with self._visitor() as visitor, asyncio.TaskGroup() as visits:
            while True:
                self._decide()
                for visit in self._take_due():
                    visits.create_task(_visit(visitor, visit, slots))
                await asyncio.sleep(EVERY_S)

    @asynccontextmanager
    async def _visitor(self) -> AsyncIterator[Visitor]:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=jar) as session:
            yield Visitor(session=session, rng=self.rng, share_twice=SHARE_TWICE)

    def _decide(self) -> None:
        """Decide about new mails with a link, and begin a chat from time to time."""
        messages, visits = self.world.state(Messages), self.world.state(Visits)
        now = self.world.now()
        new, self._seen = messages.all[self._seen :], len(messages.all)
        for message in new:
            if message.link is not None and self.rng.random() < messages.share:
                at = now + self.rng.uniform(0, messages.within_s)
                visit = Visit(url=self._url_of(message))
                visits.links[message.remote_id] = visit
                self._due.append((at, visit))
        recent = self.world.recent_errand()
        if visits.chats_every_s and now >= self._next_chat_at and recent is not None:
            self._next_chat_at = now + visits.chats_every_s
            dialog = self.world.state(Dialogs).begin(recent.errand_id, language=None, content=None)
            query = urlencode({"sessionId": dialog.session_id})
            path = f"survey/alvaria/{quote(self.workspace, safe='')}"
            visit = Visit(url=f"{self.url.rstrip('/')}/{path}?{query}")
            visits.chats[dialog.session_id] = visit
            self._due.append((now, visit))

    def _take_due(self) -> Iterator[Visit]:
        now = self.world.now()
        due = [visit for at, visit in self._due if at <= now]
        self._due = [(at, visit) for at, visit in self._due if at > now]
        yield from due

    def _url_of(self, message: Message) -> str:
        token = (message.link or "").rpartition("/s/")[2]
        return f"{self.url.rstrip('/')}/s/{quote(token, safe='')}"


def expected_visits(world: World) -> list[dict[str, Any]]:
    """Return what robots did on each survey's pages, and what led them there."""
    visits = world.state(Visits)
    return [
        *_listed("mail", visits.links),
        *_listed("dialog", visits.chats),
    ]


def _listed(of: str, visits: Mapping[str, Visit]) -> Iterator[dict[str, Any]]:
    for remote_id, visit in visits.items():
        yield {
            "of": of,
            "remote_id": remote_id,
            "url": visit.url,
            "outcome": visit.outcome,
            "answers": [asdict(given) for given in visit.answers],
        }


async def _visit(visitor: Visitor, visit: Visit, slots: asyncio.Semaphore) -> None:
    async with slots:
        await visitor.visit(visit)
