from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workers.sync.rules import retry_policy

tries = st.integers(1, 10_000)


chances = st.floats(0, 1)


@given(tries=tries, chance=chances)
def test_a_server_that_is_away_is_tried_at_least_twice_a_minute(tries, chance):
    assert 0 < retry_policy.backoff_s(tries, asked_s=None, outage=True, chance=chance) <= 30


@given(tries=tries, chance=chances, asked_s=st.floats(0, 3600))
def test_nobody_comes_before_the_time_that_was_asked_for(tries, chance, asked_s):
    backoff_s = retry_policy.backoff_s(tries, asked_s=asked_s, outage=True, chance=chance)

    assert asked_s <= backoff_s <= asked_s + 1


@given(tries=tries, chance=chances)
def test_chance_spreads_the_waits_of_records_that_failed_together(tries, chance):
    backoff_s = retry_policy.backoff_s(tries, asked_s=None, outage=False, chance=chance)
    longest_s = retry_policy.backoff_s(tries, asked_s=None, outage=False, chance=1.0)

    assert longest_s / 2 <= backoff_s <= longest_s
