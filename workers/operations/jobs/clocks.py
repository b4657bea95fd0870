"""Measures the clock of this process against the database's."""

from __future__ import annotations

import socket
import time

from workers.database import Connection
from workers.operations.store import clocks
from workers.operations.store.clocks import Clock

MAX_ROUND_TRIP_S = 1.0  # a slower answer says too little about the clock
TRIES = 3


def measure(conn: Connection, process: str) -> Clock | None:
    """Return the clock of this process; ``None`` if the database answers too slowly to tell."""
    for _ in range(TRIES):
        began, began_ticks = time.time(), time.monotonic()
        by_database = clocks.database_time(conn)
        round_trip_s = time.monotonic() - began_ticks
        if round_trip_s <= MAX_ROUND_TRIP_S:
            ahead_s = began + round_trip_s / 2 - by_database
            return Clock(process=process, host=socket.gethostname(), ahead_s=ahead_s)
    return None


def measure_and_record(conn: Connection, process: str) -> None:
    """Store how far the clock of this process is ahead, unless the database answers too slowly."""
    if (clock := measure(conn, process)) is not None:
        clocks.record(conn, clock)
