"""The status line of ``make run``: counts of what is stored, and restarts."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import psycopg
from rich.console import Console

from deploy.run.supervisor import ProcessState

PLAIN_LINE_EVERY_S = 10
TO_END_OF_LINE = "\x1b[K"  # clears what a longer line left behind


class StatusLine:
    """The counts on one line: rewritten on a terminal; elsewhere a new line at times."""

    def __init__(self, console: Console, database_url: str) -> None:
        self._console = console
        self._database_url = database_url
        self._conn: psycopg.Connection[Any] | None = None
        self._pids: dict[str, int] = {}
        self._restarts: dict[str, int] = {}
        self._shown = ""
        self._shown_at = 0.0

    def show(self, running: Iterable[ProcessState]) -> None:
        """Write the present counts."""
        self._count_restarts(running)
        text = self._counts() + self._restarts_text()
        if self._console.is_terminal:
            self._console.file.write(f"\r{text[: self._console.width - 1]}{TO_END_OF_LINE}")
            self._console.file.flush()
        elif text != self._shown and time.monotonic() > self._shown_at + PLAIN_LINE_EVERY_S:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)
            self._shown, self._shown_at = text, time.monotonic()

    def close(self) -> None:
        """Disconnect, and end the line on a terminal."""
        if self._conn is not None:
            self._conn.close()
        if self._console.is_terminal:
            self._console.file.write("\n")

    def _counts(self) -> str:
        from workers.operations.store.status import counters

        try:
            if self._conn is None:
                self._conn = psycopg.connect(self._database_url, autocommit=True, connect_timeout=2)
            return format_counts(counters(self._conn))
        except psycopg.Error:
            if self._conn is not None:
                self._conn.close()
            self._conn = None
            return "Postgres is down, or unreachable"

    def _count_restarts(self, running: Iterable[ProcessState]) -> None:
        for process in running:
            if not process.pid:
                continue
            if self._pids.get(process.name, process.pid) != process.pid:
                self._restarts[process.name] = self._restarts.get(process.name, 0) + 1
            self._pids[process.name] = process.pid

    def _restarts_text(self) -> str:
        names = (f"{n.partition(':')[2]} ×{count}" for n, count in self._restarts.items())  # noqa: RUF001
        return " · restarted: " + ", ".join(names) if self._restarts else ""


def format_counts(counts: Any) -> str:
    """Return the counts as text; after the number of wanted records, the longest wait (s)."""
    waits = "" if counts.oldest_wait_s is None else f" ({counts.oldest_wait_s:.0f} s)"
    return (
        f"callbacks {counts.callbacks}, errands {counts.errands}, ratings {counts.ratings}"
        f", files {counts.attachments}, library {counts.questions}, logons {counts.logons}"
        f", exported {counts.exported}, wanted {counts.wanted}{waits}"
    )
