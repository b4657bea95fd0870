"""The settings of the weekly report."""

from __future__ import annotations

from datetime import time

import pytest

from workers.config import reports

GOOD = {
    "report_every": "Monday 7:05",
    "report_to": "ann@example.com, bo@example.com,ann@example.com",
    "report_language": "sv",
    "smtp_url": "smtp://127.0.0.1",
}


def test_a_day_and_a_time_in_any_case_are_read():
    assert dict(reports.faults_of(GOOD)) == {}

    read = reports.read_report(GOOD)

    assert (read.weekday, read.at, read.language) == (1, time(7, 5), "sv")
    assert read.to == ("ann@example.com", "bo@example.com")


def test_without_a_day_nothing_is_sent_and_the_language_counts():
    read = reports.read_report({"report_language": "sv"})

    assert (read.weekday, read.to, read.language) == (None, (), "sv")


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"report_every": "mondag 07:00"}, "report_every"),
        ({"report_every": "monday 24:00"}, "report_every"),
        ({"report_every": "monday"}, "report_every"),
        ({"report_every": ""}, "report_every"),
        ({"smtp_url": ""}, "report_every"),
        ({"report_to": ""}, "report_to"),
        ({"report_to": "ann"}, "report_to"),
        ({"report_to": "Ann <ann@example.com>"}, "report_to"),
        ({"report_to": "ann@example.com\nBcc: all@example.com"}, "report_to"),
        ({"report_to": ",".join(f"a{n}@example.com" for n in range(51))}, "report_to"),
        ({"report_language": "de"}, "report_language"),
    ],
)
def test_each_mistake_is_named_under_its_setting(changed, wrong):
    assert list(dict(reports.faults_of(GOOD | changed))) == [wrong]


def test_no_address_is_in_a_repr():
    assert "ann" not in repr(reports.read_report(GOOD))
