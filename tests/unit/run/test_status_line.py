"""The status line."""

from __future__ import annotations

from deploy.run.status_line import format_counts
from workers.operations.store.status import Counters


def test_all_counts_fit_on_one_line_of_a_terminal():
    line = format_counts(
        Counters(
            callbacks=4321,
            errands=54321,
            ratings=321,
            attachments=4321,
            questions=321,
            logons=4321,
            exported=4321,
            wanted=21,
            oldest_wait_s=12.3,
        )
    )

    assert line == (
        "callbacks 4321, errands 54321, ratings 321, files 4321, library 321, logons 4321,"
        " exported 4321, wanted 21 (12 s)"
    )
    assert len(line) < 115


def test_without_wanted_records_there_is_no_waiting_time():
    empty = Counters(**dict.fromkeys(Counters.__slots__, 0) | {"oldest_wait_s": None})

    assert format_counts(empty).endswith("exported 0, wanted 0")
