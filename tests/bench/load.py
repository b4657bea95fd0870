"""A load generator: keep-alive connections over raw sockets, requests built beforehand."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

CLIENTS = 16
SAMPLE = Path(__file__).parents[1] / "support" / "documents" / "callback_answer_errand.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The result of a load."""

    per_s: float
    p50_ms: float
    p99_ms: float


def callbacks(count: int, *, secret: str, first: int) -> list[bytes]:
    """Return ``count`` requests: callbacks of the documented size, each about another errand."""
    return list(_requests(json.loads(SAMPLE.read_text("utf-8")), count, secret, first))


def _requests(document: dict[str, Any], count: int, secret: str, first: int) -> Iterator[bytes]:
    document["meta"]["api_secret"] = secret
    text = json.dumps(document)
    for number in range(first, first + count):
        body = text.replace('"76"', f'"{number}"').replace("2256", str(number)).encode()
        head = f"POST /callbacks/demo HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        yield head.encode() + b"Content-Type: application/vnd.api+json\r\n\r\n" + body


def drive(port: int, requests: list[bytes], *, per_s: float | None = None) -> Load:
    """Send all requests over 16 connections, as fast as possible or ``per_s`` at an even pace.

    Latency counts from the time a request was due, and so includes the wait for a late
    predecessor. Raises ``RuntimeError`` for an answer other than 200 and 204.
    """
    return asyncio.run(_drive(port, requests, per_s))


async def _drive(port: int, requests: list[bytes], per_s: float | None) -> Load:
    queue = iter(enumerate(requests))
    started_s = time.perf_counter()
    clients = [_client(port, queue, per_s, started_s) for _ in range(CLIENTS)]
    latencies = sorted(chain.from_iterable(await asyncio.gather(*clients)))
    took_s = time.perf_counter() - started_s
    return Load(
        per_s=len(latencies) / took_s,
        p50_ms=1000 * latencies[len(latencies) // 2],
        p99_ms=1000 * latencies[len(latencies) * 99 // 100],
    )


async def _client(
    port: int, queue: Iterator[tuple[int, bytes]], per_s: float | None, started_s: float
) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    latencies = []
    for number, request in queue:
        due_s = started_s + number / per_s if per_s else time.perf_counter()
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if head[9:12] not in (b"200", b"204"):
            raise RuntimeError(head.decode("latin-1"))
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        latencies.append(time.perf_counter() - due_s)
    writer.close()
    return latencies


if __name__ == "__main__":
    port, count, first, per_s, secret = sys.argv[1:]
    result = drive(
        int(port),
        callbacks(int(count), secret=secret, first=int(first)),
        per_s=float(per_s) or None,
    )
    print(json.dumps([result.per_s, result.p50_ms, result.p99_ms]))
