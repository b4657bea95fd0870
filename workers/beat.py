"""The scheduler of beat: keeps no file, sends nothing to a full queue, and measures its clock."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
from celery.beat import ScheduleEntry, Scheduler
from kombu.exceptions import ChannelError

from workers.config.logs import RateLimitedWarning
from workers.config.settings import load_settings
from workers.database import connections, version
from workers.operations.jobs import clocks

MAX_WAITING = 1000  # messages in a queue; with more, its workers are behind or gone
MEASURE_EVERY_S = 30.0


class NudgeScheduler(Scheduler):  # type: ignore[misc]  # celery carries no types
    """Sends nudges without expiry, which would compare clocks of different machines.

    When something was last done is in Postgres, so the tasks know what is due. A queue that no
    worker empties gets no more than ``MAX_WAITING`` messages: the first of them do all the work.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._skipped = RateLimitedWarning("queue is full, so nothing is sent to it")
        super().__init__(*args, **kwargs)
        # Not that of the producer: if a count opened it again after an outage, the producer would
        # not notice, and go on with a channel of the old connection, which fails for ever.
        self._counting = self.app.connection_for_read()

    def setup_schedule(self) -> None:
        """Set up the schedule, and begin to measure the clock of this process."""
        super().setup_schedule()
        version.report_in_background(load_settings().database_url)
        threading.Thread(target=_measure_for_ever, name="clock", daemon=True).start()

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:
        """Send the nudge of ``entry``, unless its queue is full."""
        queue = entry.options["queue"]
        if self._waiting(queue) >= MAX_WAITING:
            self._skipped.warn(queue=queue, task=entry.task)
            return None
        return super().apply_async(entry, producer=producer, advance=advance, **kwargs)

    def _waiting(self, queue: str) -> int:
        """Return how many messages wait in a queue; 0 if it does not exist yet.

        Also 0 if the broker does not answer: what is sent then fails by itself, or arrives.
        """
        try:
            with self._counting.channel() as channel:
                return int(channel.queue_declare(queue=queue, passive=True).message_count)
        except (ChannelError, *self._counting.channel_errors):
            return 0
        except self._counting.connection_errors:
            self._counting.release()
            self._counting = self.app.connection_for_read()
            return 0


def _measure_for_ever() -> None:
    """Record the clock of this process twice a minute; the database may come and go."""
    failed = RateLimitedWarning("clock of beat not compared with the database's")
    while True:
        try:
            record_clock()
        except psycopg.Error as error:
            failed.warn(error=type(error).__name__)
        time.sleep(MEASURE_EVERY_S)


def record_clock() -> None:
    """Record how far the clock of this process is ahead. Raises ``psycopg.Error``."""
    with connections.connect(load_settings().database_url) as conn:
        clocks.measure_and_record(conn, "beat")
