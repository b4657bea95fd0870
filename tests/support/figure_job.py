"""Runs the job that computes the figures of errands, as workers do."""

from __future__ import annotations

from workers.analytics.jobs.recompute import recompute
from workers.database import Transaction


def compute_figures(session: Transaction) -> None:
    """Compute until nothing is left; ``session`` yields connections in autocommit mode."""
    while recompute(session):
        pass
