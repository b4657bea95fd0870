"""Traces of OpenTelemetry. Unless OTEL_EXPORTER_OTLP_ENDPOINT is set, nothing of it is imported."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import structlog

if TYPE_CHECKING:
    from workers.config.otel import Traces

log = structlog.get_logger(__name__)

TraceContext: TypeAlias = object
"""A place in a trace, to which the work of another thread or process can refer."""

NOT_SENT = "no traces are sent"
_NOTHING = nullcontext()
_traces: Traces | None = None


class RequestSpan(Protocol):
    """The time from the arrival of a request to its answer."""

    def current(self) -> AbstractContextManager[Any]:
        """Make what is done meanwhile, in this thread, a part of it."""

    def end(self, status: int) -> None:
        """End it with the status of the answer."""


class _NoSpan:
    def current(self) -> AbstractContextManager[Any]:
        return _NOTHING

    def end(self, status: int) -> None:
        """Do nothing."""


NO_SPAN: RequestSpan = _NoSpan()


def load() -> bool:
    """Import what traces need, if they are wanted; return whether they can be made.

    Logs an error, and returns that they cannot, if the packages are missing.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return False
    try:
        import workers.config.otel  # noqa: F401
    except ImportError as error:
        log.error(
            NOT_SENT,
            reason=f"OTEL_EXPORTER_OTLP_ENDPOINT is set, but {error.name} is not installed",
            action="pip install --require-hashes -r deploy/requirements-otel.lock",
        )
        return False
    return True


def start(service: str) -> None:
    """Begin to trace this process, if traces are wanted. Call it after a fork.

    Logs an error if that fails, as with a wrong variable: traces never stop the process.
    """
    global _traces
    if _traces is None and load():
        from workers.config.otel import Traces

        try:
            _traces = Traces(service)
        except Exception as error:  # of the library, whose texts quote variables
            log.error(
                NOT_SENT, reason=type(error).__name__, action="correct the OTEL_... variables"
            )


def stop() -> None:
    """Send what is not sent yet; a collector that hangs is given a few seconds."""
    if _traces is not None:
        _traces.stop()


def trace_pages(app: Any, *, except_paths: Iterable[str]) -> None:
    """Trace the requests that a Flask application answers, except those to some paths."""
    if _traces is not None:
        _traces.trace_pages(app, except_paths=except_paths)


def begin_request(route: str) -> RequestSpan:
    """Begin the span of a request to ``route``; it begins a trace."""
    return NO_SPAN if _traces is None else _traces.begin_request(route)


def context() -> TraceContext | None:
    """Return where this thread is in a trace; ``None`` if it is in none."""
    return None if _traces is None else _traces.context()


def span(name: str, *, after: Iterable[TraceContext | None]) -> AbstractContextManager[Any]:
    """Return the span of work that ``after`` asked for together.

    It is a part of the first one's trace, and has links to the others.
    """
    return _NOTHING if _traces is None else _traces.span(name, after=after)
