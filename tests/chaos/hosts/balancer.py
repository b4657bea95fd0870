"""Hands connections on: ``python -m tests.chaos.hosts.balancer HOST:PORT=SERVER:PORT,… …``.

Those of one address go to its servers by turns. A server that does not accept a connection within a
second is passed over.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from itertools import cycle

CONNECT_WITHIN_S = 1.0
PIECE = 65_536  # bytes

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def serve(rules: list[str]) -> None:
    """Serve all addresses. Raises ``OSError`` if one is in use."""
    await asyncio.gather(*(_serve(*rule.split("=")) for rule in rules))


async def _serve(bind: str, servers: str) -> None:
    addresses = servers.split(",")
    turns = cycle(addresses)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in addresses:
            with suppress(OSError):
                async with asyncio.timeout(CONNECT_WITHIN_S):
                    ends = await asyncio.open_connection(*_parts(next(turns)))
                await _join((reader, writer), ends)
                return
        writer.close()

    server = await asyncio.start_server(relay, *_parts(bind))
    await server.serve_forever()


async def _join(client: Ends, server: Ends) -> None:
    """Carry bytes in both directions until one end closes, and close the other."""
    ways = [(client[0], server[1]), (server[0], client[1])]
    copying = [asyncio.create_task(_copy(*way)) for way in ways]
    try:
        await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in copying:
            task.cancel()
        for _, writer in ways:
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


def _parts(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:]))
