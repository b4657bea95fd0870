"""People who answer a survey of three questions, each over a connection of their own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import chain

ANSWERS = ("9", "2", "Thanks for the quick help.")
PAGES = 2 * len(ANSWERS) + 1  # each question and its answer, and the thanks


async def answer_all(port: int, first: int, people: int, per_s: float) -> list[float]:
    """Let ``people`` begin at once, or ``per_s``; return the seconds of each page.

    Raises ``RuntimeError`` for a page that is none.
    """
    began = time.perf_counter()

    async def one(number: int) -> list[float]:
        due = began + (number - first) / per_s if per_s else began
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        return await _person(port, token_of(number))

    numbers = range(first, first + people)
    return list(chain.from_iterable(await asyncio.gather(*map(one, numbers))))


def token_of(number: int) -> str:
    """Return the token of a person's link."""
    return f"{number:022d}"


async def _person(port: int, token: str) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for position, answer in enumerate(ANSWERS, 1):
        took.append(await _page(reader, writer, f"GET /s/{token}?q={position}", b"", b"200"))
        form = f"q={position}&answer={answer}".encode()
        took.append(await _page(reader, writer, f"POST /s/{token}", form, b"303"))
    took.append(await _page(reader, writer, f"GET /s/{token}", b"", b"200"))
    writer.close()
    return took


async def _page(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    line: str,
    form: bytes,
    status: bytes,
) -> float:
    began = time.perf_counter()
    head = f"{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(form)}\r\n"
    mimetype = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    writer.write((head + mimetype).encode() + form)
    answer = await reader.readuntil(b"\r\n\r\n")
    if answer[9:12] != status:
        raise RuntimeError(answer.decode("latin-1"))
    length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length or 0))
    return time.perf_counter() - began


def main(port: str, first: str, people: str, per_s: str) -> None:
    began = time.perf_counter()
    took = asyncio.run(answer_all(int(port), int(first), int(people), float(per_s)))
    took_s = time.perf_counter() - began
    took.sort()
    at = [1000 * took[int(len(took) * share)] for share in (0.5, 0.99)]
    print(json.dumps([len(took) / took_s, *at, took_s]))


if __name__ == "__main__":
    main(*sys.argv[1:])
