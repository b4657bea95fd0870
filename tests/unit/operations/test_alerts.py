"""Each alert names the command that helps."""

from __future__ import annotations

from datetime import UTC, datetime

from workers.operations.jobs import alerts
from workers.spool.layout import SpoolStatus

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def test_files_set_aside_by_the_spool_are_shown_and_retried_with_the_command_for_the_spool():
    spool = SpoolStatus(waiting=0, oldest_at=None, bad=2, size_bytes=10)

    [alert] = alerts.of_spool(spool, NOW)

    assert not alert.alarm
    assert alert.sentence == "2 files of the spool were set aside, see bad/ in it."
    assert alert.command == "cention spool, then cention spool retry"


def test_an_empty_spool_raises_no_alert():
    spool = SpoolStatus(waiting=0, oldest_at=None, bad=0, size_bytes=0)

    assert list(alerts.of_spool(spool, NOW)) == []
