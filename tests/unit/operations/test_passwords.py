"""Passwords of the web face."""

from __future__ import annotations

import pytest

from workers.operations.rules import passwords
from workers.operations.rules.passwords import WeakPassword


def test_a_password_matches_its_hash_alone():
    made = passwords.hash_of("correct horse battery")

    assert made.startswith("scrypt:32768:8:3$")
    assert "horse" not in made
    assert passwords.matches("correct horse battery", made)
    assert not passwords.matches("correct horse batterY", made)
    assert not passwords.matches("", made)


def test_the_same_password_has_another_hash_each_time():
    assert passwords.hash_of("correct horse battery") != passwords.hash_of("correct horse battery")


@pytest.mark.parametrize("password", ["nobody", "", "x" * 2000])
def test_nobody_has_a_password(password):
    assert not passwords.matches(password, None)


@pytest.mark.parametrize("password", ["short", "x" * 1001])
def test_a_password_that_is_too_short_or_too_long_gets_no_hash(password):
    with pytest.raises(WeakPassword):
        passwords.hash_of(password)
