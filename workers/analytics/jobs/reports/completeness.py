"""How far figures can be trusted: until when they are complete, and what is still on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workers.analytics.store import period_figures
from workers.analytics.store.period_figures import Freshness
from workers.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """How far the figures can be trusted."""

    until: datetime | None  # changes at Cention are known until then; None: it was never asked
    states: Sequence[str]  # of errand reports, callbacks and figures, but for fresh
    waiting: int
    missing: int
    stuck: int
    computing: bool


def read_completeness(conn: Connection, workspace: str) -> Completeness:
    """Return how complete what is stored of a workspace is."""
    found = period_figures.freshness(conn, workspace)
    return Completeness(
        until=_known_until(found),
        states=sorted({one.state for one in found} - {"fresh"}),
        waiting=sum(one.waiting for one in found),
        missing=sum(one.missing for one in found),
        stuck=sum(one.stuck for one in found),
        computing=period_figures.figures_due(conn, workspace),
    )


def _known_until(found: Sequence[Freshness]) -> datetime | None:
    """Return until when every change that Cention reported is stored."""
    polled = [one.last_successful_poll_at for one in found if one.last_successful_poll_at]
    waiting = [one.oldest_waiting_at for one in found if one.oldest_waiting_at]
    return min((*polled, *waiting), default=None) if polled else None
