"""Fixtures: the web application with parts that only record their calls, and a spool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from receiver.circuit_breaker import CircuitBreaker
from receiver.group_commit import Write
from receiver.spool import Spool
from tests.support.receiver_app import (
    callback,
    client,
    make_client,
    make_settings,
    new_callback,
    notified,
    stored,
)
from workers.sync.store.callbacks import NewCallback

__all__ = ["callback", "client", "make_client", "make_settings", "notified", "stored"]


@pytest.fixture
def new() -> Callable[..., NewCallback]:
    """Make a callback that arrived some seconds into 2026."""
    return new_callback


@pytest.fixture
def make_spool(tmp_path: Path) -> Callable[..., Spool]:
    """Open the spool of the test, as another process does."""

    def make(max_bytes: int = 10**6) -> Spool:
        return Spool(tmp_path / "spool", max_bytes=max_bytes)

    return make


@pytest.fixture
def spool(make_spool: Callable[..., Spool]) -> Spool:
    return make_spool()


class Inbox:
    """A database that can be down, and can refuse some callbacks."""

    def __init__(self) -> None:
        self.groups: list[list[int | None]] = []
        self.down: Exception | None = None
        self.refused: dict[int, Exception] = {}
        self.committed: Callable[[], None] = lambda: None

    @contextmanager
    def open(self) -> Iterator[Write]:
        if self.down:
            raise self.down
        yield self.write

    def write(self, callbacks: Sequence[NewCallback]) -> None:
        if self.down:
            raise self.down
        numbers = [callback.remote_id for callback in callbacks]
        for number in numbers:
            if number is not None and number in self.refused:
                raise self.refused[number]
        if numbers:
            self.groups.append(numbers)
            self.committed()

    @property
    def stored(self) -> list[int | None]:
        return [number for group in self.groups for number in group]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def breaker() -> CircuitBreaker:
    return CircuitBreaker()
