"""A sweep that follows another at once does nothing."""

from __future__ import annotations

from workers.operations.jobs.sweep import Throttle


def test_a_call_is_allowed_an_interval_after_the_last_has_ended():
    now = [100.0]
    throttle = Throttle(1.0, clock=lambda: now[0])
    assert throttle.allow()
    now[0] = 130.0  # it took so long
    throttle.end()

    allowed = []
    for now[0] in (130.0, 130.9, 131.0):
        allowed.append(throttle.allow())

    assert allowed == [False, False, True]
