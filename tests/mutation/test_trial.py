from __future__ import annotations

from contextlib import nullcontext

import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.sql_mutants import Change
from tests.mutation.trial import Outcome, Trial, Verdict, attempt

MUTANT = Mutant(
    room="sync", path="a.py", line=1, query="", change="", key="a", edit=Change("", 0, 0, "")
)
PASSED, FAILED = Verdict(passed=True), Verdict(passed=False, failed="test")
HUNG = Verdict(passed=False, failed="test", hung=True)


class Scripted:
    """A copy whose runs end as a test says, and a map in which one test fits everything."""

    def __init__(self, *verdicts):
        self._verdicts = list(verdicts)

    def changed(self, mutant):
        return nullcontext()

    def run(self, tests):
        return self._verdicts.pop(0)

    def fitting(self, mutant):
        return [("test", 1.0)]


@pytest.mark.parametrize(
    ("changed", "original", "again", "outcome"),
    [
        (FAILED, PASSED, FAILED, Outcome.NOTICED),
        (HUNG, PASSED, FAILED, Outcome.NOTICED),
        (HUNG, PASSED, HUNG, Outcome.HUNG),
        (FAILED, PASSED, PASSED, Outcome.SURVIVED),
        (HUNG, PASSED, PASSED, Outcome.SURVIVED),
        (FAILED, FAILED, None, Outcome.SURVIVED),
        (PASSED, None, None, Outcome.SURVIVED),
    ],
)
def test_what_a_test_notices_it_notices_twice_and_only_with_the_change(
    changed, original, again, outcome
):
    copy = Scripted(changed, original, again)
    assert attempt(MUTANT, copy, copy).outcome is outcome


def test_a_test_that_hangs_is_named():
    copy = Scripted(HUNG, PASSED, HUNG)
    assert attempt(MUTANT, copy, copy) == Trial(Outcome.HUNG, "test", ran=1, fitting=1)
