"""Scores of surveys with the interval they may lie in, as analyst.survey_score_week has them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z = 1.96  # 95 percent


@dataclass(frozen=True, slots=True)
class Score:
    """A score, and the ends of its interval of 95 percent."""

    value: float
    low: float
    high: float


def satisfied(good: int, n: int) -> Score | None:
    """Return the share of ``good`` of ``n``, from 0 to 1 (Wilson); ``None`` for no answers."""
    if not n:
        return None
    part = good / n
    spread = 1 + _Z**2 / n
    centre = (part + _Z**2 / (2 * n)) / spread
    margin = _Z * math.sqrt(part * (1 - part) / n + _Z**2 / (4 * n * n)) / spread
    return Score(part, centre - margin, centre + margin)


def nps(promoters: int, detractors: int, n: int) -> Score | None:
    """Return the net promoter score, from -100 to 100; ``None`` for no answers."""
    if not n:
        return None
    up, down = promoters / n, detractors / n
    net = up - down
    margin = _Z * math.sqrt(max(up + down - net**2, 0) / n)
    return Score(100 * net, max(100 * (net - margin), -100), min(100 * (net + margin), 100))
