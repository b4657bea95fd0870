"""A check of a dependency that does not answer ends after a timeout."""

from __future__ import annotations

import threading
import time

import pytest


@pytest.fixture
def hanging():
    """A check that does not return before the test has ended."""
    end = threading.Event()
    yield lambda: end.wait(30)
    end.set()


def test_a_dependency_that_hangs_is_down_within_a_second(make_client, hanging):
    client = make_client(database=hanging, broker=hanging, spool=hanging)
    began = time.monotonic()

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert set(response.json.values()) == {"unavailable", "down"}
    assert time.monotonic() - began < 1.5


def test_a_dependency_that_hangs_is_checked_once_at_a_time(make_client, hanging):
    calls = []

    def check():
        calls.append(1)
        hanging()

    client = make_client(broker=check)
    for _ in range(2):
        client.get("/health/ready")

    assert len(calls) == 1
