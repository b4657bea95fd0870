"""What a centre needs, from what an errand and a callback cost."""

from __future__ import annotations

from dataclasses import replace

from tests.bench.sizing import Costs, markdown, size

COSTS = Costs(
    measured="never",
    other_load=0.0,
    errand_worker_s=0.001,
    errand_postgres_s=0.0005,
    errand_bytes=2**20,
    callback_receiver_s=0.01,
    callback_worker_s=0.002,
    callback_postgres_s=0.003,
    callback_bytes=0.0,
)


def test_cores_are_those_of_the_busiest_hour_of_which_half_is_kept_free():
    found = size(24_000, COSTS)  # one in a second of that hour: 4 fetches, 1.2 callbacks

    assert round(found.bridge_cores, 6) == round((4 * 0.001 + 1.2 * 0.012) / 0.5, 6)
    assert round(found.postgres_cores, 6) == round((4 * 0.0005 + 1.2 * 0.003) / 0.5, 6)


def test_a_small_centre_has_two_of_what_is_always_needed_and_a_large_one_as_many_as_it_keeps_busy():
    small, large = size(1_000, COSTS), size(24_000 * 1_000, COSTS)

    assert (small.receivers, small.fetching, small.filing) == (2, 2, 1)
    assert (large.receivers, large.fetching, large.filing) == (24, 8, 5)


def test_connections_are_counted_for_each_process():
    assert size(1_000, COSTS).connections == 7 * 2 + 4 * (1 + 2 + 1 + 3) + 1


def test_a_year_has_365_days():
    assert size(1_024, COSTS).disk_gib == 365
    assert size(1_024, replace(COSTS, callback_bytes=2**20)).disk_gib == 365 * 2.2


def test_the_table_has_a_row_for_each_size():
    assert sum(line.startswith("| 1,000,000 |") for line in markdown(COSTS)) == 1
