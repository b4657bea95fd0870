"""Retries while Cention is down or busy."""

from __future__ import annotations

import pytest

from workers.clients import errors
from workers.sync.jobs.retry import MAX_TRIES, with_backoff

AWAY = errors.Unreachable("away", api="c")


def busy(status=503, after_s=None):
    return errors.Busy("busy", api="c", status=status, retry_after_s=after_s)


class Asked:
    """Raises one error after the other, then returns a result."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.slept = []
        self.count = 0

    def __call__(self):
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"

    def ask(self, *, idempotent=False):
        return with_backoff(self, idempotent=idempotent, sleep=self.slept.append)


@pytest.mark.parametrize("failure", [AWAY, busy(429), busy(503, after_s=1)])
def test_a_request_that_had_no_effect_is_repeated(failure):
    asked = Asked(failure, failure)

    assert asked.ask() == "answer"
    assert len(asked.slept) == 2


def test_it_waits_for_as_long_as_cention_asks():
    asked = Asked(busy(after_s=30))

    asked.ask()

    assert 30 <= asked.slept[0] <= 31


def test_a_long_retry_after_raises_at_once():
    asked = Asked(busy(after_s=3600))

    with pytest.raises(errors.Busy):
        asked.ask()

    assert asked.slept == []


@pytest.mark.parametrize("failure", [busy(502), busy(503), busy(504)])
def test_a_request_that_may_have_taken_effect_is_repeated_only_if_it_is_idempotent(failure):
    once, twice = Asked(failure), Asked(failure)

    with pytest.raises(errors.Busy):
        once.ask()

    assert once.count == 1
    assert twice.ask(idempotent=True) == "answer"


@pytest.mark.parametrize(
    "failure",
    [errors.IncompleteResponse("x", api="c"), errors.BadRequest("x", api="c", status=400)],
)
def test_any_other_failure_is_not_retried(failure):
    asked = Asked(failure)

    with pytest.raises(type(failure)):
        asked.ask(idempotent=True)

    assert asked.count == 1


def test_after_five_tries_it_gives_up():
    asked = Asked(*[AWAY] * MAX_TRIES)

    with pytest.raises(errors.Unreachable):
        asked.ask()

    assert asked.count == MAX_TRIES
