"""Concurrent senders of callbacks, which record each answer and its duration."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import requests

from tests.integration.receiver.receiver_process import Receiver

SENDERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one callback."""

    remote_id: int
    status: int | None  # None: the connection broke
    took_s: float


@dataclass(kw_only=True)
class Senders:
    """Sends callbacks with consecutive ids."""

    receiver: Receiver
    document: dict[str, Any]
    answers: list[Answer] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def send(self, _: object = None) -> Answer:
        remote_id = next(self._ids)
        body = json.dumps(self.document | {"data": self.document["data"] | {"id": str(remote_id)}})
        began = time.monotonic()
        try:
            status = self.receiver.post(body.encode()).status_code
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            status = None  # the process was killed during its answer
        answer = Answer(remote_id=remote_id, status=status, took_s=time.monotonic() - began)
        self.answers.append(answer)
        return answer

    def burst(self, callbacks: int) -> list[Answer]:
        """Send so many callbacks, by all senders together."""
        with ThreadPoolExecutor(SENDERS) as threads:
            return list(threads.map(self.send, range(callbacks)))

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send without pause."""
        ended = threading.Event()

        def send() -> None:
            while not ended.is_set():
                self.send()

        with ThreadPoolExecutor(SENDERS) as threads:
            sent = [threads.submit(send) for _ in range(SENDERS)]
            try:
                yield
            finally:
                ended.set()
        for each in sent:
            each.result()

    @property
    def accepted(self) -> list[int]:
        """The ids of all callbacks that were accepted."""
        return sorted(answer.remote_id for answer in self.answers if answer.status == 200)


def p99_s(answers: list[Answer]) -> float:
    return sorted(answer.took_s for answer in answers)[len(answers) * 99 // 100]
