"""A load generator that is no brake: kept connections, each of which sends request after request.

``python -m tests.bench.load PORT --secret … --first … (--count … | --seconds …)`` prints a ``Load``
as JSON. It runs in a process of its own, so that its CPU time can be told from others'.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice

import uvloop

from tests.bench.documents import long_callbacks

CLIENTS = 16
HEAD = (
    b"POST /callbacks/%b HTTP/1.1\r\nHost: bench\r\nContent-Type: application/vnd.api+json\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The result of a load: latencies count from the time when a request was due."""

    requests: int
    took_s: float
    p50_ms: float
    p99_ms: float
    cpu_s: float  # of the load generator itself

    @property
    def per_s(self) -> float:
        return self.requests / self.took_s


def drive(
    port: int,
    *,
    secret: str,
    first: int,
    count: int | None = None,
    seconds: float | None = None,
    per_s: float | None = None,
    workspaces: Sequence[str] = ("demo",),
) -> Load:
    """Send callbacks over 16 connections from another process, as fast as possible or ``per_s``,
    to the workspaces by turns.

    ``count`` of them, or as many as can be answered in ``seconds``; they are about the errands from
    ``first`` on. Raises ``CalledProcessError`` if a connection broke, or an answer was none of 200
    and 204, and ``TimeoutExpired`` if one is missing; the error is on standard error.
    """
    options = {"count": count, "seconds": seconds, "per-s": per_s}
    command = [sys.executable, "-m", "tests.bench.load", str(port), "--secret", secret]
    command += ["--first", str(first), "--workspaces", ",".join(workspaces)]
    command += [f"--{name}={value}" for name, value in options.items() if value is not None]
    timeout_s = 600 if seconds is None else seconds + 60  # for a request without an answer
    return Load(**json.loads(subprocess.check_output(command, timeout=timeout_s)))


class _Client(asyncio.Protocol):
    """One connection: sends the next request once the last one is answered."""

    def __init__(self, schedule: Iterator[tuple[float, bytes]], latencies_s: list[float]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._schedule = schedule
        self._latencies_s = latencies_s
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._next()

    def _next(self) -> None:
        due_s, request = next(self._schedule, (0.0, b""))
        wait_s = due_s - time.perf_counter()
        if not request:
            self.ended.set_result(None)
            self._transport.close()
        elif wait_s > 0:
            asyncio.get_running_loop().call_later(wait_s, self._send, due_s, request)
        else:
            self._send(due_s, request)

    def _send(self, due_s: float, request: bytes) -> None:
        self._due_s = due_s
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        answer = self._answer + data
        end = answer.find(b"\r\n\r\n")
        if end >= 0 and len(answer) >= end + 4 + _content_length(answer[:end]):
            if answer[9:12] not in (b"200", b"204"):
                raise RuntimeError(answer.decode("latin-1"))
            self._latencies_s.append(time.perf_counter() - self._due_s)
            self._answer = b""
            self._next()
        else:
            self._answer = answer

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            reason = error or RuntimeError("the receiver closed a connection")
            self.ended.set_exception(reason)


def _content_length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)


async def _drive(
    port: int,
    requests: Iterator[bytes],
    *,
    seconds: float | None,
    per_s: float | None,
) -> Load:
    latencies_s: list[float] = []
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    schedule = _schedule(requests, began_s, seconds, per_s)
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: _Client(schedule, latencies_s), "127.0.0.1", port))[1]
        for _ in range(CLIENTS)
    ]
    await asyncio.gather(*(client.ended for client in clients))
    took_s = time.perf_counter() - began_s
    latencies_s.sort()
    return Load(
        requests=len(latencies_s),
        took_s=took_s,
        p50_ms=1000 * latencies_s[len(latencies_s) // 2],
        p99_ms=1000 * latencies_s[len(latencies_s) * 99 // 100],
        cpu_s=time.process_time() - began_cpu_s,
    )


def _schedule(
    requests: Iterator[bytes], began_s: float, seconds: float | None, per_s: float | None
) -> Iterator[tuple[float, bytes]]:
    """Yield each request with the time when it is due."""
    for number, request in enumerate(requests):
        now_s = time.perf_counter()
        if seconds is not None and now_s > began_s + seconds:
            return
        due_s = began_s + number / per_s if per_s else now_s
        yield due_s, request


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("port", type=int)
    options.add_argument("--secret", required=True)
    options.add_argument("--first", type=int, required=True)
    options.add_argument("--workspaces", required=True)
    options.add_argument("--count", type=int)
    options.add_argument("--seconds", type=float)
    options.add_argument("--per-s", type=float)
    chosen = options.parse_args()
    gc.disable()
    bodies = islice(long_callbacks(chosen.first, secret=chosen.secret), chosen.count)
    names = cycle(chosen.workspaces.encode().split(b","))
    requests = (HEAD % (next(names), len(body), body) for body in bodies)
    load = uvloop.run(_drive(chosen.port, requests, seconds=chosen.seconds, per_s=chosen.per_s))
    print(json.dumps(asdict(load)))


if __name__ == "__main__":
    main()
