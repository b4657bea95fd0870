"""How long a drain holds records and how long a fetch may take: neither contradicts the other."""

from __future__ import annotations

import pytest

from workers.settings import load_settings
from workers.wiring import timeouts_of
from workers.workspaces import SettingsError


@pytest.fixture
def environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": "postgresql://127.0.0.1:1/x",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "CENTION_URL": "http://127.0.0.1:1/s/demo",
        "CENTION_CALLBACK_SECRETS": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("lease_s", [5, 7, 20, 59, 60, 61, 300, 1800])
@pytest.mark.parametrize("patient", [True, False])
def test_a_fetch_begun_in_the_first_half_of_a_lease_is_over_when_the_lease_ends(
    environment, lease_s, patient
):
    environment.setenv("LEASE_S", str(lease_s))
    for silence_s in (None, 1, lease_s // 2):
        if silence_s:
            environment.setenv("FETCH_TIMEOUT_S", str(silence_s))

        timeouts = timeouts_of(load_settings(), patient=patient)

        assert 1 <= timeouts.read_s <= timeouts.total_s <= lease_s / 2


def test_a_silence_that_would_outlast_half_of_the_lease_is_refused_by_name(environment):
    environment.setenv("LEASE_S", "40")
    environment.setenv("FETCH_TIMEOUT_S", "21")

    with pytest.raises(SettingsError) as refused:
        load_settings()

    assert "FETCH_TIMEOUT_S: Must be from 1 to 20, which is half of LEASE_S." in str(refused.value)


@pytest.mark.parametrize(("lease_s", "silence_s"), [("20", 10), ("60", 30), ("300", 30)])
def test_a_short_lease_shortens_the_silence_that_nobody_has_set(environment, lease_s, silence_s):
    environment.setenv("LEASE_S", lease_s)

    assert load_settings().fetch_timeout_s == silence_s


@pytest.mark.parametrize("lease_s", ["long", "4"])
def test_of_a_lease_that_is_wrong_itself_only_that_is_told(environment, lease_s):
    environment.setenv("LEASE_S", lease_s)

    with pytest.raises(SettingsError) as refused:
        load_settings()

    assert "LEASE_S" in str(refused.value)
    assert "FETCH_TIMEOUT_S" not in str(refused.value)
