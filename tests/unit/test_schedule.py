from __future__ import annotations

import pytest

from workers.queues import Queue, TaskName
from workers.schedule import beat_schedule
from workers.settings import load_settings


@pytest.fixture
def scheduled(monkeypatch) -> dict[str, set[str]]:
    """The queues of each scheduled task."""
    monkeypatch.setenv("DATABASE_URL", "postgresql:///none")
    monkeypatch.setenv("BROKER_URL", "redis:///none")
    monkeypatch.setenv("CENTION_URL", "https://cention.example/s/demo")
    monkeypatch.setenv("CENTION_TOKEN", "token")
    monkeypatch.setenv("CENTION_CALLBACK_SECRETS", "secret")
    entries = beat_schedule(load_settings()).values()
    return {entry["task"]: {entry["options"]["queue"]} for entry in entries}


def test_a_look_that_waits_for_cention_holds_up_no_callback(scheduled):
    """Filing and the sweep share a queue, and a list may take a minute to come."""
    waiting_for_cention = scheduled.pop(TaskName.POLL)

    assert waiting_for_cention == {Queue.POLLS}
    assert set().union(*scheduled.values()) == {Queue.CALLBACKS}
