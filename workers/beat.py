"""The scheduler of beat: keeps no file, sends nothing to a full queue, and measures its clock."""

from __future__ import annotations

import copy
import threading
from typing import Any

import psycopg
from celery.beat import ScheduleEntry, Scheduler

from workers.config.logs import RateLimitedWarning
from workers.config.queue_lengths import MAX_WAITING, QueueLengths
from workers.config.settings import load_settings
from workers.database import connections, version
from workers.operations.jobs import clocks, pending_nudges
from workers.operations.jobs.pending_nudges import PendingNudges

MEASURE_EVERY_S = 30.0


class NudgeScheduler(Scheduler):  # type: ignore[misc]  # celery carries no types
    """Sends nudges without expiry, which would compare clocks of different machines.

    When something was last done is in Postgres, so the tasks know what is due. A queue that no
    worker empties gets no more than ``MAX_WAITING`` messages: the first of them do all the work.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._skipped = RateLimitedWarning("queue is full, so nothing is sent to it")
        settings = load_settings()
        self._database_url = settings.database_url
        self._closed = threading.Event()
        self._pending = PendingNudges(settings)
        super().__init__(*args, **kwargs)
        self._lengths = QueueLengths(self.app.connection_for_read)

    def setup_schedule(self) -> None:
        """Set up the schedule, and begin to measure the clock of this process."""
        super().setup_schedule()
        version.report_in_background(self._database_url)
        wanted = (self._database_url, self._closed)
        threading.Thread(target=_measure_clock, args=wanted, name="clock", daemon=True).start()

    def schedules_equal(self, old_schedules: Any, new_schedules: Any) -> bool:
        """Return whether the schedule was seen before: it never changes while beat runs.

        Celery compares all entries before each message.
        """
        return old_schedules is not None

    def adjust(self, n: float, drift: float = 0.0) -> float:
        """Return the time until an entry is due as it is.

        Woken 10 ms before, as by Celery's own ``adjust``, beat looks again and again until then.
        """
        return n + drift

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:
        """Send the nudge of ``entry``, unless its queue is full.

        One for surveys is sent for each workspace in which it has something to do, one for mirrors
        for each that is due.
        """
        if entry.task not in pending_nudges.TASKS:
            return self._send(entry, producer=producer, advance=advance, **kwargs)
        for arguments in self._pending.arguments(entry.task):
            one = copy.copy(entry)
            one.args = arguments
            self._send(one, producer=producer, advance=advance, **kwargs)
        return None

    def close(self) -> None:
        """Close the connections, and measure the clock no longer."""
        self._closed.set()
        super().close()
        self._lengths.close()
        self._pending.close()

    def _send(self, entry: ScheduleEntry, **kwargs: Any) -> Any:
        queue = entry.options["queue"]
        if not self._lengths.may_send(queue, most=MAX_WAITING):
            self._skipped.warn(queue=queue, task=entry.task)
            return None
        return super().apply_async(entry, **kwargs)


def _measure_clock(database_url: str, closed: threading.Event) -> None:
    """Record the clock of this process twice a minute until ``closed`` is set.

    The database may come and go.
    """
    failed = RateLimitedWarning("clock of beat not compared with the database's")
    while not closed.is_set():
        try:
            record_clock(database_url)
        except psycopg.Error as error:
            failed.warn(error=type(error).__name__)
        closed.wait(MEASURE_EVERY_S)


def record_clock(database_url: str) -> None:
    """Record how far the clock of this process is ahead. Raises ``psycopg.Error``."""
    with connections.connect(database_url) as conn:
        clocks.measure_and_record(conn, "beat")
