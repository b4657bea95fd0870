"""Every process speaks in JSON lines on standard error: a constant event and its fields."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO, cast

import structlog

SELDOM_S = 60.0


def configure() -> None:
    """Send every line of this process's loggers to standard error, one JSON object each."""
    root = logging.getLogger()
    root.handlers = [_OfLibraries()]
    root.setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Stderr())),
        cache_logger_on_first_use=True,
    )


class _Stderr:
    """Standard error as far as it can be written: a disk that is full stops no one at work."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


class _OfLibraries(logging.Handler):
    """What libraries log, in our form; of an exception type and place, for its text may quote."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        fields: dict[str, object] = {"logger": record.name}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields |= {"error": type(error).__name__, "where": where(error)}
        event = str(record.msg) if error is not None else record.getMessage()
        structlog.get_logger(record.name).log(record.levelno, event, **fields)


def where(error: BaseException) -> list[str]:
    """Return the stack of ``error`` as places in the code, without a value of any variable."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


class Seldom:
    """A warning that may come a thousand times a second and is written once a minute.

    The line written says how many times it has come since the line before. For one thread.
    """

    def __init__(self, event: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._event = event
        self._clock = clock
        self._times = 0
        self._quiet_until = float("-inf")
        self._log = structlog.get_logger(__name__)

    def warn(self, **fields: object) -> None:
        """Write the line, or count it."""
        self._times += 1
        now = self._clock()
        if now >= self._quiet_until:
            self._log.warning(self._event, times=self._times, **fields)
            self._times, self._quiet_until = 0, now + SELDOM_S
