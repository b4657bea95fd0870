"""Bringing home the log of log-ins and log-outs, window of time by window of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from schemas.cention.agent_logons import read_agent_logons
from workers.config.names import Mirror
from workers.database import Transaction
from workers.mirrors.jobs.refresh import Brought, MirrorPlan
from workers.mirrors.store import agent_logons

OVERLAP = timedelta(minutes=10)
"""How far a window goes back into what is here.

Whether Cention counts the ends of a window in is not documented, the last second may have been
asked for before it was over, and clocks differ.
"""
WINDOW = timedelta(days=7)  # what Cention answers by default, so an answer it is made for
WINDOWS_AT_ONCE = 50  # of one renewal; the next goes on


class Log(Protocol):
    """Where log-ons are asked for."""

    def fetch(
        self, since: datetime, until: datetime, *, login_name: str | None = None
    ) -> list[Any]: ...


def agent_logons_plan(workspace: str, log: Log, *, every_s: int, first_days: int) -> MirrorPlan:
    """Plan the renewal of the log; the first one goes ``first_days`` back."""

    def renew(session: Transaction) -> Brought:
        with session() as conn:
            reach = agent_logons.reach(conn, workspace)
        known = reach.until_at or reach.now - timedelta(days=first_days)
        begin = min(known, reach.now) - OVERLAP  # a clock may have been set back
        new = 0
        for since, until in islice(windows(begin, reach.now), WINDOWS_AT_ONCE):
            new += bring(session, workspace, log, since, until, whole=True)
        return Brought(records=new)

    return MirrorPlan(workspace=workspace, mirror=Mirror.AGENT_LOGONS, every_s=every_s, renew=renew)


def pull(
    workspace: str,
    log: Log,
    since: datetime,
    until: datetime,
    *,
    login_name: str | None = None,
    session: Transaction,
    told: Callable[[int], None] = lambda new: None,
) -> int:
    """Bring home a time of the past, which may be here already; return how many were new.

    ``told`` hears after each window how many were. What was brought stays if a later window
    fails, which raises ``ApiError``; the schedule goes on from where it was.
    """
    total = 0
    for begin, end in windows(since, until):
        new = bring(session, workspace, log, begin, end, login_name=login_name)
        total += new
        told(new)
    return total


def windows(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a time into windows; each begins ``OVERLAP`` before the end of the one before it."""
    begin = since
    while begin < until:
        end = min(begin + WINDOW, until)
        yield begin, end
        if end == until:
            return
        begin = end - OVERLAP


def bring(
    session: Transaction,
    workspace: str,
    log: Log,
    since: datetime,
    until: datetime,
    *,
    login_name: str | None = None,
    whole: bool = False,
) -> int:
    """Bring home one window; return how many log-ons were new. Raises ``ApiError``.

    With ``whole`` it continues what is here without a gap, and that is noted with the rows.
    """
    told = read_agent_logons(log.fetch(since, until, login_name=login_name))
    with session() as conn, conn.transaction():
        new = agent_logons.save(conn, workspace, told)
        if whole:
            agent_logons.note_reach(conn, workspace, until)
    return new
