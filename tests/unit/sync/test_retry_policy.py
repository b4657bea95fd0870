from __future__ import annotations

from workers.config.limits import TCP_USER_TIMEOUT_S
from workers.sync.rules import retry_policy


def test_the_first_wait_is_a_few_seconds():
    assert retry_policy.backoff_s(1, retry_after_s=None, outage=False, jitter=0.0) == 2.5
    assert retry_policy.backoff_s(1, retry_after_s=None, outage=False, jitter=1.0) == 5.0


def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour():
    waits = [
        retry_policy.backoff_s(n, retry_after_s=None, outage=False, jitter=1.0)
        for n in range(1, 12)
    ]

    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]


def test_a_report_without_sla_is_fetched_six_times():
    again = [retry_policy.should_refetch(fetches) for fetches in range(1, 8)]

    assert again == [True] * 5 + [False] * 2


def test_a_doubt_lasts_until_the_kernel_has_given_up_the_last_request():
    """One may be sent until the check of the session is too old; then the kernel repeats it."""
    assert retry_policy.IN_FLIGHT_S >= retry_policy.PING_VALID_S + TCP_USER_TIMEOUT_S
