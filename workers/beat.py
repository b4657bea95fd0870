"""The scheduler of beat: keeps no file, sends nothing to a full queue, and measures its clock."""

from __future__ import annotations

import copy
import threading
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from celery.beat import ScheduleEntry, Scheduler
from kombu.exceptions import ChannelError

from workers.config.logs import RateLimitedWarning
from workers.config.settings import load_settings
from workers.database import connections, version
from workers.operations.jobs import clocks, survey_nudges
from workers.operations.jobs.survey_nudges import SurveyNudges

MAX_WAITING = 1000  # messages in a queue; with more, its workers are behind or gone
COUNT_EVERY_S = 1.0  # between, what is sent is added
MEASURE_EVERY_S = 30.0


@dataclass(slots=True)
class _Waiting:
    """How many messages wait in a queue: those counted, and those sent since."""

    messages: int
    valid_until_s: float


class NudgeScheduler(Scheduler):  # type: ignore[misc]  # celery carries no types
    """Sends nudges without expiry, which would compare clocks of different machines.

    When something was last done is in Postgres, so the tasks know what is due. A queue that no
    worker empties gets no more than ``MAX_WAITING`` messages: the first of them do all the work.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._skipped = RateLimitedWarning("queue is full, so nothing is sent to it")
        self._waiting: dict[str, _Waiting] = {}
        settings = load_settings()
        self._database_url = settings.database_url
        self._closed = threading.Event()
        self._surveys = SurveyNudges(settings.database_url, settings.workspaces)
        super().__init__(*args, **kwargs)
        # Not that of the producer: if a count opened it again after an outage, the producer would
        # not notice, and go on with a channel of the old connection, which fails for ever.
        self._counting = self.app.connection_for_read()
        self._channel: Any = None  # a new one for each count would connect anew to Redis

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

        One for surveys is sent for each workspace in which it has something to do.
        """
        if entry.task not in survey_nudges.TASKS:
            return self._send(entry, producer=producer, advance=advance, **kwargs)
        for workspace in self._surveys.workspaces(entry.task):
            one = copy.copy(entry)
            one.args = (workspace,)
            self._send(one, producer=producer, advance=advance, **kwargs)
        return None

    def close(self) -> None:
        """Close the connections, and measure the clock no longer."""
        self._closed.set()
        super().close()
        self._counting.release()
        self._surveys.close()

    def _send(self, entry: ScheduleEntry, **kwargs: Any) -> Any:
        waiting = self._count(entry.options["queue"])
        if waiting.messages >= MAX_WAITING:
            self._skipped.warn(queue=entry.options["queue"], task=entry.task)
            return None
        waiting.messages += 1
        return super().apply_async(entry, **kwargs)

    def _count(self, queue: str) -> _Waiting:
        now_s = time.monotonic()
        known = self._waiting.get(queue)
        if known is None or now_s >= known.valid_until_s:
            known = _Waiting(self._ask(queue), now_s + COUNT_EVERY_S)
            self._waiting[queue] = known
        return known

    def _ask(self, queue: str) -> int:
        """Ask the broker how many messages wait in a queue; 0 if it does not exist yet.

        Also 0 if the broker does not answer: what is sent then fails by itself, or arrives.
        """
        try:
            if self._channel is None:
                self._channel = self._counting.channel()
            return int(self._channel.queue_declare(queue=queue, passive=True).message_count)
        except (ChannelError, *self._counting.channel_errors):
            if not getattr(self._channel, "is_open", True):  # RabbitMQ closes it, Redis does not
                self._channel = None
            return 0
        except self._counting.connection_errors:
            self._counting.release()
            self._counting = self.app.connection_for_read()
            self._channel = None
            return 0


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
