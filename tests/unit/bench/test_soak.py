"""What the samples of a soak say."""

from __future__ import annotations

import pytest

from tests.bench.soak import verdicts
from tests.bench.soak.verdicts import MIB, Sample


def soaked(memory: list[int], queue: list[int]) -> dict[str, bool]:
    """Return what is kept, for MiB of a worker and lengths of a list at each sample."""
    samples = [
        Sample(memory={"worker": one * MIB}, queues={"list": length})
        for one, length in zip(memory, queue, strict=True)
    ]
    return {one.what: one.kept for one in verdicts.of_samples(samples, per_s=100)}


def test_memory_and_queues_that_swing_and_come_back_are_kept():
    assert soaked([100, 130, 105, 120, 110, 126], [0, 900, 10, 500, 0, 900]) == {
        "memory of worker, MiB": True,
        "length of list": True,
    }


def test_memory_that_grows_is_noticed():
    assert not soaked([100, 110, 120, 130, 140, 150], [0] * 6)["memory of worker, MiB"]


def test_a_queue_that_grows_by_more_than_ten_seconds_of_work_is_noticed():
    assert not soaked([100] * 6, [0, 0, 600, 1_200, 1_800, 2_400])["length of list"]


@pytest.mark.parametrize(
    ("found_mib", "packed_mib", "kept"), [(15, 0, True), (99, 50, True), (100, 50, False)]
)
def test_a_table_of_twice_its_size_is_bloated_unless_it_is_small(found_mib, packed_mib, kept):
    found = verdicts.of_table("t", found=found_mib * MIB, packed=packed_mib * MIB)

    assert found.kept is kept
