"""A floor: the same reports over as many connections of as many processes, thrown away.

``python -m tests.bench.race.peers.floor CLIENT``: one of requests, urllib3, aiohttp, sockets.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

import aiohttp
import requests
import uvloop

from tests.bench.race.peers import fetchers, handshake
from tests.bench.race.peers.team import Team
from tests.bench.race.rows import changed_ids


class Threads:
    """A thread for each connection."""

    def __init__(self, connect: Callable[[], fetchers.Fetch], connections: int) -> None:
        self._fetchers = [connect() for _ in range(connections)]

    def fetch(self, ids: Sequence[int]) -> None:
        left: SimpleQueue[int] = SimpleQueue()
        for errand_id in ids:
            left.put(errand_id)
        threads = [
            threading.Thread(target=_fetch_all, args=(fetch, left)) for fetch in self._fetchers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _fetch_all(fetch: fetchers.Fetch, left: SimpleQueue[int]) -> None:
    while True:
        try:
            errand_id = left.get_nowait()
        except Empty:
            return
        fetch(errand_id)


class EventLoop:
    """One event loop with all connections of its process."""

    def __init__(self, connections: int) -> None:
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._connections = connections
        self._session = self._runner.run(self._open())

    async def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=self._connections)
        return aiohttp.ClientSession(headers=handshake.HEADERS, connector=connector)

    def fetch(self, ids: Sequence[int]) -> None:
        self._runner.run(self._fetch(iter(ids)))

    async def _fetch(self, left: Any) -> None:
        async def one() -> None:
            for errand_id in left:
                async with self._session.get(f"{handshake.REPORTS}{errand_id}") as response:
                    response.raise_for_status()
                    await response.read()

        await asyncio.gather(*(one() for _ in range(self._connections)))


def member_maker(client: str) -> Callable[[], Any]:
    """Return what makes the client of one process."""
    connections = handshake.CONNECTIONS // handshake.PROCESSES
    if client == "aiohttp":
        return partial(EventLoop, connections)
    return partial(Threads, getattr(fetchers, f"with_{client}"), connections)


def main(client: str) -> None:
    talk = handshake.Handshake()
    team = Team(member_maker(client), handshake.PROCESSES)
    for _ in talk.rounds():
        talk.wait()
        listed = requests.get(handshake.LIST, headers=handshake.HEADERS, timeout=30)
        team.call("fetch", changed_ids(listed.content))


if __name__ == "__main__":
    main(sys.argv[1])
