"""Gunicorn's log: as all others, and without the addresses of surveys, which are secrets."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger

from schemas.text.printable import escape, escape_lines
from workers.config import logs

# Paths without a secret; there are many ways to write that of a survey.
NAMED = ("/callbacks/", "/answers/", "/health/", "/metrics")
REMOVED = "[removed]"
STDERR = "-"  # what gunicorn calls it
# What a line may say of any request; else it says "-".
_HARMLESS = frozenset("hlutsmHbBaTDMLp")


class PrintableLines(logging.Formatter):
    """Lines of another formatter, with unprintable characters of requests escaped."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, or several for the stack of an error."""
        text = self._inner.format(record)
        return escape_lines(text) if record.exc_info or record.stack_info else escape(text)


class AccessLog(Logger):  # type: ignore[misc]  # gunicorn carries no types
    """Gunicorn's logger."""

    def setup(self, cfg: Any) -> None:
        """Set up the handlers: as all logs of the bridge or, into a file, printable lines."""
        super().setup(cfg)
        logs.configure()
        if cfg.errorlog == STDERR:
            self.error_log.handlers = [logs.LibraryHandler()]
        self._requests = logs.request_log() if cfg.accesslog == STDERR else None
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(PrintableLines(handler.formatter or logging.Formatter()))

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Log one request."""
        if self._requests is None:
            super().access(resp, req, environ, request_time)
            return
        parts = self.atoms(resp, req, environ, request_time)
        self._requests.info(
            "request",
            method=parts["m"],
            path=parts["U"],
            status=int(parts["s"]),
            answer_bytes=resp.sent,
            duration_s=float(parts["L"]),
            address=parts["h"],
        )

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """Return the parts of a line; of most paths, without the path."""
        parts: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        if str(parts.get("{raw_uri}e", "")).startswith(NAMED):
            return parts
        kept = {name: value for name, value in parts.items() if name in _HARMLESS}
        return kept | {"r": f"{parts['m']} {REMOVED} {parts['H']}", "U": REMOVED}
