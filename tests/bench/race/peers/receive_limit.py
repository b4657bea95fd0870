"""No product: how fast a durable receiver could be in Python.

A protocol on uvloop compares the secret, and one INSERT writes all callbacks that came during the
commit before. No Flask, no validation, no spool. Two processes share the port.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import socket
import sys
from typing import Any

import asyncpg
import orjson
import uvloop

SECRET = os.environ["RACE_SECRET"].encode()
PROCESSES = 2
OK = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
    b'{"status":"ok"}'
)
UNAUTHORISED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
INSERT = """
INSERT INTO race.callback (workspace, remote_id, event, document)
SELECT 'demo', * FROM unnest($1::bigint[], $2::bigint[], $3::jsonb[])
ON CONFLICT (workspace, remote_id) DO NOTHING
"""
waiting: list[tuple[int, int, str, asyncio.Transport]] = []
arrived = asyncio.Event()


class Connection(asyncio.Protocol):
    """One connection, with one request at a time."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._unread = b""

    def data_received(self, data: bytes) -> None:
        self._unread += data
        head, _, body = self._unread.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(self._unread) < len(head) + 4 + length:
            return
        self._unread = b""
        if head.startswith(b"GET "):
            self._transport.write(OK)
        else:
            self._receive(orjson.loads(body))

    def _receive(self, document: dict[str, Any]) -> None:
        shown = document.get("meta", {}).pop("api_secret", "")
        if not hmac.compare_digest(shown.encode(), SECRET):
            self._transport.write(UNAUTHORISED)
            return
        callback = document["data"]
        text = orjson.dumps(document).decode()
        event = callback["attributes"]["event"]
        waiting.append((int(callback["id"]), event, text, self._transport))
        arrived.set()


async def store() -> None:
    """Write all that has arrived, again and again."""
    conn = await asyncpg.connect(os.environ["DATABASE_URL"])
    insert = await conn.prepare(INSERT)
    while True:
        await arrived.wait()
        arrived.clear()
        group, waiting[:] = waiting[:], []
        ids, events, texts, transports = zip(*group, strict=True)
        await insert.fetch(ids, events, texts)
        for transport in transports:
            if not transport.is_closing():
                transport.write(OK)


async def serve(port: int) -> None:
    shared = socket.socket()
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    shared.bind(("127.0.0.1", port))
    await asyncio.get_running_loop().create_server(Connection, sock=shared, backlog=512)
    await store()


if __name__ == "__main__":
    for _ in range(PROCESSES - 1):
        if os.fork() == 0:
            break
    uvloop.run(serve(int(sys.argv[1])))
