"""Fetches the log of agents' log-ins and log-outs, one time window at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from schemas.cention.agent_logons import read_agent_logons
from workers.config.names import Mirror
from workers.database import Transaction
from workers.mirrors.jobs.refresh import MirrorSpec, RefreshResult
from workers.mirrors.store import agent_logons

OVERLAP = timedelta(minutes=10)
"""How far a window overlaps what is stored.

Cention does not document whether the ends of a window are included, the last second may have been
requested before it was over, and clocks differ.
"""
WINDOW = timedelta(days=7)  # Cention's default, so an answer of this size works
WINDOWS_AT_ONCE = 50  # per refresh; the next one continues


class LogonSource(Protocol):
    """The part of ``AgentLogonsApi`` that fetches log-ons."""

    def fetch(
        self, since: datetime, until: datetime, *, login_name: str | None = None
    ) -> list[Any]: ...


def agent_logons_mirror(
    workspace: str, source: LogonSource, *, every_s: int, first_days: int
) -> MirrorSpec:
    """Return the mirror of log-ons; its first refresh fetches ``first_days`` days."""

    def refresh(session: Transaction) -> RefreshResult:
        with session() as conn:
            coverage = agent_logons.coverage(conn, workspace)
        known = coverage.until_at or coverage.now - timedelta(days=first_days)
        begin = min(known, coverage.now) - OVERLAP  # a clock may have been set back
        new = 0
        for since, until in islice(windows(begin, coverage.now), WINDOWS_AT_ONCE):
            new += fetch_window(session, workspace, source, since, until, gapless=True)
        return RefreshResult(records=new)

    return MirrorSpec(
        workspace=workspace, mirror=Mirror.AGENT_LOGONS, every_s=every_s, refresh=refresh
    )


def pull(
    workspace: str,
    source: LogonSource,
    since: datetime,
    until: datetime,
    *,
    login_name: str | None = None,
    session: Transaction,
    on_progress: Callable[[int], None] = lambda new: None,
) -> int:
    """Fetch past log-ons, stored already or not; return how many were new.

    ``on_progress`` is called after each window with the number of new log-ons in it. Raises
    ``ApiError``; log-ons of the windows before stay. Scheduled refreshes are not affected.
    """
    total = 0
    for begin, end in windows(since, until):
        new = fetch_window(session, workspace, source, begin, end, login_name=login_name)
        total += new
        on_progress(new)
    return total


def windows(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Split a period into windows that overlap by ``OVERLAP``."""
    begin = since
    while begin < until:
        end = min(begin + WINDOW, until)
        yield begin, end
        if end == until:
            return
        begin = end - OVERLAP


def fetch_window(
    session: Transaction,
    workspace: str,
    source: LogonSource,
    since: datetime,
    until: datetime,
    *,
    login_name: str | None = None,
    gapless: bool = False,
) -> int:
    """Fetch one window; return how many log-ons were new. Raises ``ApiError``.

    ``gapless``: the window continues what is stored, so the coverage is extended to its end in the
    same transaction.
    """
    fetched = read_agent_logons(source.fetch(since, until, login_name=login_name))
    with session() as conn, conn.transaction():
        new = agent_logons.save(conn, workspace, fetched)
        if gapless:
            agent_logons.set_coverage(conn, workspace, until)
    return new
