"""The status line."""

from __future__ import annotations

import pytest

from deploy.run.status_line import PLAIN_WIDTH, format_counts
from workers.operations.store.status import Counters
from workers.surveys.store.survey_summary import SurveySummary

COUNTS = Counters(
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
SURVEYS = SurveySummary(invited=1234, answered=234, nps_scores=123, nps=-24.6)
NO_SURVEYS = SurveySummary(invited=0, answered=0, nps_scores=0, nps=None)


def test_all_counts_are_on_the_line():
    assert format_counts(COUNTS, SURVEYS, width=PLAIN_WIDTH) == (
        "callbacks 4321, errands 54321, ratings 321, files 4321, library 321, logons 4321,"
        " exported 4321, wanted 21 (12 s), invited 1234, answered 234, nps -25 (n 123)"
    )


def test_on_a_terminal_of_80_columns_the_line_is_whole():
    line = format_counts(COUNTS, SURVEYS, width=79)

    assert line == "errands 54321, wanted 21 (12 s), invited 1234, answered 234, nps -25 (n 123)"
    assert len(line) < 80


@pytest.mark.parametrize("width", range(80, 180))
def test_a_line_is_no_wider_than_the_terminal_and_ends_with_the_surveys(width):
    line = format_counts(COUNTS, SURVEYS, width=width)

    assert len(line) <= width
    assert line.endswith("nps -25 (n 123)")


def test_without_wanted_records_there_is_no_waiting_time():
    empty = Counters(**dict.fromkeys(Counters.__slots__, 0) | {"oldest_wait_s": None})

    assert "wanted 0, invited" in format_counts(empty, SURVEYS, width=PLAIN_WIDTH)


def test_without_a_score_there_is_no_nps():
    line = format_counts(COUNTS, NO_SURVEYS, width=PLAIN_WIDTH)

    assert line.endswith("invited 0, answered 0")


def test_beside_many_restarts_the_line_is_whole_without_the_surveys():
    line = format_counts(COUNTS, SURVEYS, width=79 - 40)

    assert line == "errands 54321, wanted 21 (12 s)"
