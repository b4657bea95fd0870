"""Logs of every process: JSON lines on standard error, each a constant event and its fields."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO, cast

import structlog

WARN_EVERY_S = 60.0


def configure() -> None:
    """Write the lines of all loggers of this process to standard error, one JSON object each."""
    root = logging.getLogger()
    root.handlers = [_LibraryHandler()]
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
    """Standard error that ignores write errors: a full disk must not stop the work."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


class _LibraryHandler(logging.Handler):
    """Writes log lines of libraries in our format.

    Of an exception only its type and stack: its text may quote data.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        fields: dict[str, object] = {"logger": record.name}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields |= {"error": type(error).__name__, "where": stack_without_values(error)}
        event = str(record.msg) if error is not None else record.getMessage()
        structlog.get_logger(record.name).log(record.levelno, event, **fields)


def stack_without_values(error: BaseException) -> list[str]:
    """Return the stack of ``error`` as ``file:line function``, without any variable's value."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


class RateLimitedWarning:
    """A warning that is logged at most once a minute, however often it occurs.

    Each line gives the number of occurrences since the previous line. Not thread-safe.
    """

    def __init__(self, event: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._event = event
        self._clock = clock
        self._times = 0
        self._next_at = float("-inf")
        self._log = structlog.get_logger(__name__)

    def warn(self, **fields: object) -> None:
        """Log the warning, or only count it."""
        self._times += 1
        now = self._clock()
        if now >= self._next_at:
            self._log.warning(self._event, times=self._times, **fields)
            self._times, self._next_at = 0, now + WARN_EVERY_S
