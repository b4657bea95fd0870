"""Of many concurrent sweeps one runs."""

from __future__ import annotations

from workers.operations.jobs.sweep import Throttle


def test_one_of_many_concurrent_calls_is_allowed():
    throttle = Throttle(1.0, clock=lambda: 100.0)

    assert [throttle.allow() for _ in range(3)] == [True, False, False]


def test_after_the_interval_the_next_call_is_allowed():
    now = iter([100.0, 100.9, 101.0])
    throttle = Throttle(1.0, clock=lambda: next(now))

    assert [throttle.allow() for _ in range(3)] == [True, False, True]
