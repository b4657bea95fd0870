"""Retries while Cention is down or busy."""

from __future__ import annotations

import pytest

from workers.clients import errors
from workers.sync.jobs.retry import MAX_TRIES, with_backoff

DOWN = errors.Unreachable("down", api="c")


def busy(status=503, after_s=None):
    return errors.Busy("busy", api="c", status=status, retry_after_s=after_s)


class Request:
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

    def send(self, *, idempotent=False):
        return with_backoff(self, idempotent=idempotent, sleep=self.slept.append)


@pytest.mark.parametrize("failure", [DOWN, busy(429), busy(503, after_s=1)])
def test_a_request_that_had_no_effect_is_repeated(failure):
    request = Request(failure, failure)

    assert request.send() == "answer"
    assert len(request.slept) == 2


def test_it_waits_for_as_long_as_cention_asks():
    request = Request(busy(after_s=30))

    request.send()

    assert 30 <= request.slept[0] <= 31


def test_a_long_retry_after_raises_at_once():
    request = Request(busy(after_s=3600))

    with pytest.raises(errors.Busy):
        request.send()

    assert request.slept == []


@pytest.mark.parametrize("failure", [busy(502), busy(503), busy(504)])
def test_a_request_that_may_have_taken_effect_is_repeated_only_if_it_is_idempotent(failure):
    once, twice = Request(failure), Request(failure)

    with pytest.raises(errors.Busy):
        once.send()

    assert once.count == 1
    assert twice.send(idempotent=True) == "answer"


@pytest.mark.parametrize(
    "failure",
    [errors.IncompleteResponse("x", api="c"), errors.BadRequest("x", api="c", status=400)],
)
def test_any_other_failure_is_not_retried(failure):
    request = Request(failure)

    with pytest.raises(type(failure)):
        request.send(idempotent=True)

    assert request.count == 1


def test_after_five_tries_it_gives_up():
    request = Request(*[DOWN] * MAX_TRIES)

    with pytest.raises(errors.Unreachable):
        request.send()

    assert request.count == MAX_TRIES
