"""How a peer and the race speak, over standard input and output.

The peer writes READY when it is imported, connected and warm; the race answers GO and starts the
clock; the peer does its work and writes DONE when everything is committed. There are two such
rounds, of which the first is the warm-up.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

API = os.environ.get("RACE_API", "")  # of the source, without a slash at the end
CONNECTIONS = int(os.environ.get("RACE_CONNECTIONS", "1"))  # as many as the bridge has
PROCESSES = int(os.environ.get("RACE_PROCESSES", "1"))  # in as many processes
DATABASE_URL = os.environ.get("DATABASE_URL", "")
HEADERS = {"Authorization": "Bearer race-token", "Accept": "application/vnd.api+json"}
LIST = f"{API}/c3_dirty_errand_list"
REPORTS = f"{API}/c3_errand_reports/"


class Handshake:
    """The conversation of a peer with the race; libraries that print do not disturb it."""

    def __init__(self) -> None:
        self._answers = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)

    def rounds(self) -> Iterator[range]:
        """Yield the ids of each round, to be prepared; call ``wait`` before the clock starts."""
        for first, count in json.loads(os.environ["RACE_ROUNDS"]):
            yield range(first, first + count)
            self._answers.write("DONE\n")

    def wait(self) -> None:
        """Say that all is ready, and return when the work may begin. Raises ``EOFError``."""
        self._answers.write("READY\n")
        if sys.stdin.readline().strip() != "GO":
            raise EOFError("the race has ended")
