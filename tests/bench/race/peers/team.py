"""Processes that do one work together, each a part of it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any


class Team:
    """Forked processes, each with a member that ``make`` returns in it."""

    def __init__(self, make: Callable[[], Any], size: int) -> None:
        self._pipes = []
        context = multiprocessing.get_context("fork")
        for _ in range(size):
            ours, theirs = context.Pipe()
            context.Process(target=_serve, args=(make, theirs), daemon=True).start()
            self._pipes.append(ours)
        self._wait()

    def call(self, method: str, ids: Sequence[int]) -> None:
        """Call a method of each member with a part of ``ids``; return when all have returned."""
        for number, pipe in enumerate(self._pipes):
            pipe.send((method, ids[number :: len(self._pipes)]))
        self._wait()

    def _wait(self) -> None:
        for pipe in self._pipes:
            pipe.recv()


def _serve(make: Callable[[], Any], pipe: Connection) -> None:
    member = make()
    pipe.send("ready")
    while True:
        method, ids = pipe.recv()
        getattr(member, method)(ids)
        pipe.send("done")
