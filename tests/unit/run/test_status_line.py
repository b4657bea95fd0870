"""The one line that tells how far the bridge is."""

from __future__ import annotations

from deploy.run.status_line import format_counts
from workers.operations.store.status import Counters


def test_everything_that_arrives_is_on_one_line_that_fits_a_terminal():
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


def test_when_nothing_waits_no_time_is_told():
    empty = Counters(**dict.fromkeys(Counters.__slots__, 0) | {"oldest_wait_s": None})

    assert format_counts(empty).endswith("exported 0, wanted 0")
