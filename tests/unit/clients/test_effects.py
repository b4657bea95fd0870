"""The errors after which a request may have taken effect."""

from __future__ import annotations

import pytest

from workers.clients import errors
from workers.clients.errors import outcome_is_unknown


@pytest.mark.parametrize(
    "error",
    [
        errors.IncompleteResponse("x", api="c"),
        errors.IncompleteResponse("x", api="c", status=500),
        errors.InvalidResponse("x", api="c", status=200),
        errors.TooLarge("x", api="c", status=200),
        errors.BadContent("x", api="c", status=200),
        errors.Busy("a gateway lost the answer", api="c", status=502),
        errors.Busy("a gateway timed out", api="c", status=504),
        errors.Busy("a gateway has no server", api="c", status=503),
    ],
)
def test_after_a_lost_answer_a_request_may_have_taken_effect(error):
    assert outcome_is_unknown(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.Unreachable("x", api="c"),
        errors.Busy("x", api="c", status=503, retry_after_s=0),
        errors.Busy("x", api="c", status=503, retry_after_s=7),
        errors.Busy("x", api="c", status=429),
        errors.BadRequest("x", api="c", status=406),
        errors.WrongUrl("x", api="c", status=404),
        errors.NotFound("x", api="c", status=404),
        errors.Unauthorised("x", api="c", status=401),
        errors.Redirected("x", api="c", status=302),
    ],
)
def test_a_request_that_was_not_accepted_had_no_effect(error):
    assert not outcome_is_unknown(error)
