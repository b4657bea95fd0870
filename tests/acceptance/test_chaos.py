"""Everything is killed at random, and every change arrives once: the short form of make chaos."""

from __future__ import annotations

from tests.chaos.campaign import run_campaign, short_plan

SEED = 8243  # begins with gunicorn, the broker, the worker of surveys, Postgres and a pause


def test_whichever_process_is_killed_nothing_is_lost_and_nothing_is_applied_twice():
    """``make chaos`` runs longer."""
    report = run_campaign(short_plan(SEED))

    assert report.failures == []
    assert report.stats["callbacks"]["accepted"] > 0
    assert len(report.recoveries) >= 3
    assert report.surveys
    assert report.surveys.messages
    assert report.conversations
    assert any(report.conversations.answers.values())
