"""A worker of its own process: it hands over an answer, prints ``asked``, and waits for death."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from tests.integration.surveys.conversing import vendors_at
from workers.database import connections
from workers.surveys.jobs.converse import Turns, converse
from workers.surveys.jobs.turn import Turn
from workers.surveys.store.conversations import WaitingSession


@dataclass
class _Waiting:
    turns: Turns

    def take(self, session: WaitingSession, send_until_s: float) -> Turn:
        turn = self.turns.take(session, send_until_s)
        print("asked", flush=True)  # noqa: T201
        sys.stdin.readline()
        return turn


if __name__ == "__main__":
    database, root = sys.argv[1:]
    centracx = vendors_at(root)["centracx"]
    waiting = replace(centracx, turns=lambda rules_of: _Waiting(centracx.turns(rules_of)))
    with connections.open_pool(database) as pool, ThreadPoolExecutor(1) as threads:
        converse("demo", {"centracx": waiting}, session=pool.connection, threads=threads)
