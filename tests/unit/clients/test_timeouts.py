"""The lease of a drain and the timeouts of a fetch agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.settings import SETTINGS
from workers.clients.timeouts import timeouts_of


@pytest.mark.parametrize("lease_s", [5, 7, 20, 59, 60, 61, 300, 1800])
@pytest.mark.parametrize("silence_s", [1, 30, 600])
@pytest.mark.parametrize("slow", [True, False])
def test_a_fetch_begun_in_the_first_half_of_a_lease_is_over_when_the_lease_ends(
    lease_s, silence_s, slow
):
    settings = replace(SETTINGS, lease_s=lease_s, fetch_timeout_s=silence_s)

    timeouts = timeouts_of(settings, slow=slow)

    assert 1 <= timeouts.read_s <= timeouts.total_s <= lease_s / 2


def test_the_read_timeout_is_that_of_the_settings():
    settings = replace(SETTINGS, lease_s=300, fetch_timeout_s=30)

    assert timeouts_of(settings).read_s == 30
