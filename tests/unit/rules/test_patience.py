from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workers.rules import patience

tries = st.integers(1, 10_000)
chances = st.floats(0, 1)


def test_the_first_wait_is_a_few_seconds():
    assert patience.wait_s(1, asked_s=None, outage=False, chance=0.0) == 2.5
    assert patience.wait_s(1, asked_s=None, outage=False, chance=1.0) == 5.0


def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour():
    waits = [patience.wait_s(n, asked_s=None, outage=False, chance=1.0) for n in range(1, 12)]

    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]


@given(tries=tries, chance=chances)
def test_a_server_that_is_away_is_tried_at_least_twice_a_minute(tries, chance):
    assert 0 < patience.wait_s(tries, asked_s=None, outage=True, chance=chance) <= 30


@given(tries=tries, chance=chances, asked_s=st.floats(0, 3600))
def test_nobody_comes_before_the_time_that_was_asked_for(tries, chance, asked_s):
    wait_s = patience.wait_s(tries, asked_s=asked_s, outage=True, chance=chance)

    assert asked_s <= wait_s <= asked_s + 1


@given(tries=tries, chance=chances)
def test_chance_spreads_the_waits_of_records_that_failed_together(tries, chance):
    wait_s = patience.wait_s(tries, asked_s=None, outage=False, chance=chance)
    longest_s = patience.wait_s(tries, asked_s=None, outage=False, chance=1.0)

    assert longest_s / 2 <= wait_s <= longest_s


def test_a_report_without_sla_is_looked_at_six_times():
    assert [patience.worth_another_look(look) for look in range(1, 8)] == [True] * 5 + [False] * 2
