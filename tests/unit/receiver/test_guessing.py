"""Answers to wrong secrets wait ever longer, by address."""

from __future__ import annotations

import pytest

from receiver.guessing import FREE, MAX_ADDRESSES, MAX_WAIT_S, WrongSecrets


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def wrong(now) -> WrongSecrets:
    return WrongSecrets(clock=lambda: now[0])


def waits(wrong: WrongSecrets, address: str, times: int) -> list[float]:
    return [wrong.wait_s(address) for _ in range(times)]


def test_a_sender_with_a_wrong_secret_is_answered_at_once_for_a_while(wrong):
    assert set(waits(wrong, "192.0.2.1", FREE)) == {0.0}


def test_further_answers_follow_one_another_half_a_second_apart_up_to_ten(wrong):
    waits(wrong, "192.0.2.1", FREE)

    assert waits(wrong, "192.0.2.1", 3) == [0.5, 1.0, 1.5]
    assert waits(wrong, "192.0.2.1", 100)[-1] == MAX_WAIT_S


def test_another_address_does_not_wait_and_one_network_of_ipv6_is_one_address(wrong):
    waits(wrong, "2001:db8::1", FREE)

    assert wrong.wait_s("192.0.2.1") == 0.0
    assert wrong.wait_s("2001:db8::ffff:1") == 0.5
    assert wrong.wait_s("2001:db8:0:1::1") == 0.0


def test_a_quiet_address_is_answered_at_once_again(wrong, now):
    waits(wrong, "192.0.2.1", 1000)
    now[0] += 60

    assert wrong.wait_s("192.0.2.1") == 0.0


def test_the_number_of_addresses_that_are_remembered_is_limited(wrong):
    for number in range(MAX_ADDRESSES + 5):
        wrong.wait_s(f"address {number}")

    assert len(wrong._answered_until) == MAX_ADDRESSES


@pytest.mark.parametrize(
    "path", ["/callbacks/demo/", "//callbacks/demo", "/callbacks//demo", "/health/live/", "//"]
)
def test_no_path_is_redirected_to_a_host_that_the_request_chose(client, path):
    response = client.post(path, data=b"{}", headers={"Host": "attacker.example"})

    assert response.status_code in (401, 404, 405)
    assert "Location" not in response.headers
    assert "attacker.example" not in response.text
