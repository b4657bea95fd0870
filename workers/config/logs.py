"""Logs of every process: JSON lines on standard error, each a constant event and its fields."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO, cast

import structlog

from workers.config.names import LOG_LEVELS

WARN_EVERY_S = 60.0
_PROCESSORS = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.JSONRenderer(),
)


def configure() -> None:
    """Write the lines of all loggers of this process to standard error, one JSON object each.

    Our own events are written from LOG_LEVEL on, those of libraries from ``warning`` on, or from
    ``info`` on if LOG_LEVEL is ``debug``. An unknown level is ``info``; the settings report it.
    """
    chosen = os.environ.get("LOG_LEVEL", "").lower()
    level = getattr(logging, chosen.upper()) if chosen in LOG_LEVELS else logging.INFO
    root = logging.getLogger()
    root.handlers = [LibraryHandler()]
    root.setLevel(library_level(level))
    logging.captureWarnings(True)
    sys.excepthook = _log_end
    threading.excepthook = _log_end_of_thread
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_PROCESSORS],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Stderr())),
        cache_logger_on_first_use=True,
    )


def library_level(level: int) -> int:
    """Return from which level on libraries log; below ``info`` they may log what they send."""
    return logging.INFO if level < logging.INFO else max(level, logging.WARNING)


def request_log() -> structlog.BoundLogger:
    """Return the logger of the access log, whose lines are written whatever LOG_LEVEL is."""
    logger = structlog.WriteLogger(cast(TextIO, _Stderr()))
    return cast(
        structlog.BoundLogger,
        structlog.wrap_logger(
            logger, processors=list(_PROCESSORS), wrapper_class=structlog.BoundLogger
        ),
    )


def _log_end(kind: type[BaseException], error: BaseException | None, *_: object) -> None:
    """Log an error that ends a process or a thread; its text may quote data."""
    if error is not None and not isinstance(error, KeyboardInterrupt):
        where = stack_without_values(error)
        structlog.get_logger(__name__).critical("ended", error=kind.__name__, where=where)


def _log_end_of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:  # a thread may end in this way
        _log_end(args.exc_type, args.exc_value)


class _Stderr:
    """Standard error that ignores write errors: a full disk must not stop the work."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


class LibraryHandler(logging.Handler):
    """Writes log lines of libraries in our format.

    Of an exception only its type and stack: its text may quote data.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line. Never raises: a library logs in the middle of its work."""
        fields: dict[str, object] = {"logger": record.name}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields |= {"error": type(error).__name__, "where": stack_without_values(error)}
        event = str(record.msg) if error is not None else _message(record)
        structlog.get_logger(record.name).log(_known_level(record.levelno), event, **fields)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # arguments that do not fit the text
        return str(record.msg)


def _known_level(level: int) -> int:
    """Return the standard level at or below ``level``; libraries have more, such as 25."""
    return max(logging.DEBUG, min(level // 10 * 10, logging.CRITICAL))


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
        self._rate = _Rate(clock)
        self._log = structlog.get_logger(__name__)

    def warn(self, **fields: object) -> None:
        """Log the warning, or only count it."""
        if times := self._rate.count():
            self._log.warning(self._event, times=times, **fields)


class RateLimitedLines(logging.Filter):
    """Lets each line of a library through at most once a minute, however often it occurs.

    Lines are the same if one place of the code writes them. A line that stands for several ends
    with their number. Not thread-safe.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._rates: defaultdict[tuple[str, int], _Rate] = defaultdict(lambda: _Rate(clock))

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        times = self._rates[record.pathname, record.lineno].count()
        if times > 1:
            record.msg = f"{record.msg} ({times} times)"
        return times > 0


class _Rate:
    """Counts what occurs more often than it is logged."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times = 0
        self._next_at = float("-inf")

    def count(self) -> int:
        """Return how often it has occurred since it was logged; 0 if it is not to be logged now."""
        self._times += 1
        now = self._clock()
        if now < self._next_at:
            return 0
        times, self._times, self._next_at = self._times, 0, now + WARN_EVERY_S
        return times
