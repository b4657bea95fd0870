"""The promise in a storm: everything is killed at random, and everything arrives once."""

from __future__ import annotations

from tests.chaos.campaign import run_campaign, short_plan

SEED = 3904  # begins with the broker, gunicorn, Postgres, a pause and a worker


def test_whatever_dies_when_nothing_is_lost_and_nothing_is_applied_twice():
    """The long form is ``make chaos``."""
    report = run_campaign(short_plan(SEED))

    assert report.failures == []
    assert report.stats["callbacks"]["accepted"] > 0
    assert len(report.recoveries) >= 3
