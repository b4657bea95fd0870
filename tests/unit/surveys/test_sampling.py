"""Samples: a share of all errands, always the same ones."""

from __future__ import annotations

import pytest

from workers.surveys.rules.sampling import percentile


@pytest.mark.parametrize("percent", [1, 30, 50, 99])
def test_a_sample_takes_its_share_of_ten_thousand_errands(percent):
    taken = sum(percentile("demo", "csat", errand) < percent for errand in range(1, 10_001))

    assert abs(taken / 100 - percent) < 2


def test_it_takes_the_same_errands_on_every_run():
    # Another hash would invite other customers after an upgrade.
    assert [round(percentile("demo", "csat", errand), 3) for errand in (1, 2, 3)] == [
        2.206,
        68.601,
        35.363,
    ]


def test_the_samples_of_two_rules_are_independent():
    both = sum(
        percentile("demo", "a", errand) < 50 and percentile("demo", "b", errand) < 50
        for errand in range(10_000)
    )

    assert 2300 < both < 2700


def test_all_is_all_and_never_more():
    assert all(0 <= percentile("demo", "csat", errand) < 100 for errand in range(10_000))
