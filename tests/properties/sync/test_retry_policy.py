from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workers.sync.rules import retry_policy

tries = st.integers(1, 10_000)


chances = st.floats(0, 1)


@given(tries=tries, jitter=chances)
def test_a_server_that_is_down_is_tried_at_least_twice_a_minute(tries, jitter):
    assert 0 < retry_policy.backoff_s(tries, retry_after_s=None, outage=True, jitter=jitter) <= 30


@given(tries=tries, jitter=chances, retry_after_s=st.floats(0, 3600))
def test_no_retry_comes_before_retry_after(tries, jitter, retry_after_s):
    wait_s = retry_policy.backoff_s(tries, retry_after_s=retry_after_s, outage=True, jitter=jitter)

    assert retry_after_s <= wait_s <= max(retry_after_s + 1, retry_policy.MAX_OUTAGE_BACKOFF_S)


@given(tries=tries, jitter=chances, outage=st.booleans(), retry_after_s=st.floats(0, 3600))
def test_retry_after_never_shortens_our_own_wait(tries, jitter, outage, retry_after_s):
    own_s = retry_policy.backoff_s(tries, retry_after_s=None, outage=outage, jitter=jitter)

    assert own_s <= retry_policy.backoff_s(
        tries, retry_after_s=retry_after_s, outage=outage, jitter=jitter
    )


@given(tries=tries, jitter=chances)
def test_jitter_spreads_the_waits_of_records_that_failed_together(tries, jitter):
    wait_s = retry_policy.backoff_s(tries, retry_after_s=None, outage=False, jitter=jitter)
    longest_s = retry_policy.backoff_s(tries, retry_after_s=None, outage=False, jitter=1.0)

    assert longest_s / 2 <= wait_s <= longest_s
