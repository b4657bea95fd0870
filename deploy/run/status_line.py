"""The status line of ``make run``: counts of what is stored, and restarts."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import psycopg

from deploy.run.output import Output
from deploy.run.supervisor import ProcessState

if TYPE_CHECKING:
    from workers.operations.store.status import Counters
    from workers.surveys.store.survey_summary import SurveySummary

DATABASE_DOWN = "Postgres is down, or unreachable"
PLAIN_LINE_EVERY_S = 10
MAX_RESTARTS_WIDTH = 40  # characters, so that the most important counts fit beside them
PLAIN_WIDTH = 200  # of a line elsewhere
# On a narrow terminal, in this order.
LEFT_OUT_FIRST = ("library", "logons", "exported", "ratings", "files", "callbacks", "surveys")


class StatusLine:
    """The counts on one line: rewritten on a terminal; elsewhere a new line at times."""

    def __init__(self, output: Output, database_url: str) -> None:
        self._output = output
        self._database_url = database_url
        self._conn: psycopg.Connection[Any] | None = None
        self._pids: dict[str, int] = {}
        self._restarts: dict[str, int] = {}
        self._shown = ""
        self._shown_at = 0.0

    def show(self, running: Iterable[ProcessState]) -> None:
        """Write the present counts."""
        self._count_restarts(running)
        restarts = self._restarts_text()
        # The last column stays empty: some terminals would begin a new line.
        width = self._output.width - 1 if self._output.is_terminal else PLAIN_WIDTH
        text = self._counts(width - len(restarts)) + restarts
        if self._output.is_terminal:
            self._output.rewrite_line(text[:width])
        elif text != self._shown and time.monotonic() > self._shown_at + PLAIN_LINE_EVERY_S:
            self._output.print(text)
            self._shown, self._shown_at = text, time.monotonic()

    def close(self) -> None:
        """Disconnect, and end the line on a terminal."""
        if self._conn is not None:
            self._conn.close()
        if self._output.is_terminal:
            self._output.end_line()

    def _counts(self, width: int) -> str:
        from workers.operations.store.status import counters, failed_polls
        from workers.surveys.store.survey_summary import survey_summary

        try:
            if self._conn is None:
                self._conn = psycopg.connect(self._database_url, autocommit=True, connect_timeout=2)
            failed = failed_polls(self._conn)
            end = f" · polls fail: {', '.join(failed)}" if failed else ""
            counts = format_counts(
                counters(self._conn), survey_summary(self._conn), width=width - len(end)
            )
            return counts + end
        except psycopg.Error:
            if self._conn is not None:
                self._conn.close()
            self._conn = None
            return DATABASE_DOWN

    def _count_restarts(self, running: Iterable[ProcessState]) -> None:
        for process in running:
            if not process.pid:
                continue
            if self._pids.get(process.name, process.pid) != process.pid:
                self._restarts[process.name] = self._restarts.get(process.name, 0) + 1
            self._pids[process.name] = process.pid

    def _restarts_text(self) -> str:
        names = (f"{n.partition(':')[2]} ×{count}" for n, count in self._restarts.items())  # noqa: RUF001
        if not self._restarts:
            return ""
        text = " · restarted: " + ", ".join(names)
        if len(text) <= MAX_RESTARTS_WIDTH:
            return text
        return f" · restarted: {len(self._restarts)} processes ×{sum(self._restarts.values())}"  # noqa: RUF001


def format_counts(counts: Counters, surveys: SurveySummary, *, width: int) -> str:
    """Return the counts as text of at most ``width`` characters, if the most important ones fit.

    After the number of wanted records is the longest wait (s); after the NPS, the number of scores.
    """
    waits = "" if counts.oldest_wait_s is None else f" ({counts.oldest_wait_s:.0f} s)"
    score = "" if surveys.nps is None else f", nps {surveys.nps:.0f} (n {surveys.nps_scores})"
    parts = {
        "callbacks": f"callbacks {counts.callbacks}",
        "errands": f"errands {counts.errands}",
        "ratings": f"ratings {counts.ratings}",
        "files": f"files {counts.attachments}",
        "library": f"library {counts.questions}",
        "logons": f"logons {counts.logons}",
        "exported": f"exported {counts.exported}",
        "wanted": f"wanted {counts.wanted}{waits}",
        "surveys": f"invited {surveys.invited}, answered {surveys.answered}{score}",
    }
    for name in LEFT_OUT_FIRST:
        if len(", ".join(parts.values())) <= width:
            break
        del parts[name]
    return ", ".join(parts.values())
