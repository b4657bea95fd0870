"""The promise in a storm: everything is killed at random, and everything arrives once."""

from __future__ import annotations

from tests.chaos.storm import gentle, weather_the_storm

SEED = 3904  # begins with the broker, gunicorn, Postgres, a pause and a worker


def test_whatever_dies_when_nothing_is_lost_and_nothing_is_applied_twice():
    """The long form is ``make chaos``."""
    reckoning = weather_the_storm(gentle(SEED))

    assert reckoning.failures == []
    assert reckoning.stats["callbacks"]["accepted"] > 0
    assert len(reckoning.recoveries) >= 3
