from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.midnight import is_far_from_midnight


@pytest.mark.parametrize(
    ("time", "is_far"),
    [((23, 57, 59), True), ((23, 58, 0), False), ((23, 59, 59), False), ((0, 0, 0), True)],
)
def test_a_test_that_asks_for_today_twice_begins_far_from_midnight(time, is_far):
    assert is_far_from_midnight(datetime(2026, 12, 31, *time, tzinfo=UTC)) == is_far
