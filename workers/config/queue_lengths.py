"""How many messages wait in the queues of the broker, so that none grows without end."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kombu.connection import Connection
from kombu.exceptions import ChannelError

from workers.config.broker import describe_failure
from workers.config.logs import RateLimitedWarning

COUNT_EVERY_S = 0.2  # between, what is sent is added
TRY_AGAIN_S = 5.0  # after a broker did not answer, for which a task may have waited some seconds
MOST_AT_LEAST = 16
MOST_PER_WORKSPACE = 2  # nudges of one queue, as many as a poll of both lists sends
SWEEP_MOST = 2  # times as many: what the others were not allowed to send, for every workspace
MAX_WAITING = 1000  # of all kinds; with more, the workers of a queue are gone or far behind


def most_waiting(workspaces: int) -> int:
    """Return with how many messages of a queue its workers are behind, and need no more nudges."""
    return MOST_AT_LEAST + MOST_PER_WORKSPACE * workspaces


@dataclass(slots=True)
class _Waiting:
    """How many messages wait in a queue: those counted, and those sent since; or not known."""

    messages: int | None
    valid_until_s: float


class QueueLengths:
    """Counts messages over one connection, of which nothing else knows. For one thread."""

    def __init__(
        self, connect: Callable[[], Connection], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``connect`` returns a connection that is not open yet.

        It must not be that of a producer: if a count opened it again after an outage, the producer
        would not notice, and go on with a channel of the old connection, which fails for ever.
        """
        self._connect = connect
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}
        self._connection: Connection | None = None
        self._channel: Any = None  # a new one for each count would connect anew to Redis
        self._failed = RateLimitedWarning("messages of a queue not counted, so none is held back")

    def may_send(self, queue: str, *, most: int) -> bool:
        """Return whether fewer than ``most`` messages wait in a queue; if so, count one more.

        A queue that does not exist yet is empty. To one of a broker that does not answer everything
        may be sent: it fails by itself, or arrives.
        """
        known = self._waiting.get(queue)
        if known is None or self._clock() >= known.valid_until_s:
            messages = self._ask(queue)
            valid_s = TRY_AGAIN_S if messages is None else COUNT_EVERY_S
            known = self._waiting[queue] = _Waiting(messages, self._clock() + valid_s)
        if known.messages is None:
            return True
        if known.messages >= most:
            return False
        known.messages += 1
        return True

    def close(self) -> None:
        """Close the connection; the next count opens another."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(Exception):  # it may be broken, which is why it is closed
                connection.release()  # type: ignore[no-untyped-call]

    def _ask(self, queue: str) -> int | None:
        try:
            if self._connection is None:
                self._connection = self._connect()
                # Without the two seconds for which it would sleep before it tries once more.
                self._connection.ensure_connection(  # type: ignore[no-untyped-call]
                    max_retries=1, interval_start=0
                )
            if self._channel is None:
                self._channel = self._connection.channel()  # type: ignore[no-untyped-call]
            return int(self._channel.queue_declare(queue=queue, passive=True).message_count)
        except ChannelError:  # the queue does not exist: an empty one never does at Redis
            if not getattr(self._channel, "is_open", True):  # RabbitMQ closes it, Redis does not
                self._channel = None
            return 0
        except Exception as error:  # each transport raises its own errors
            self._failed.warn(queue=queue, reason=describe_failure(error))
            self.close()
            return None
