"""Each alert names the command that helps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workers.analytics.store.metrics_problems import MetricsStatus
from workers.config.names import Mirror
from workers.mirrors.store.mirrors import MirrorStatus
from workers.operations.jobs import alerts
from workers.spool.layout import SpoolStatus
from workers.surveys.store.conversations import ConversationFigures
from workers.surveys.store.invitations import SurveyStatus
from workers.surveys.store.vendors import VendorPause

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SURVEYS = SurveyStatus(
    workspace="demo",
    due=3,
    oldest_due_s=60.0,
    sending=0,
    unknown=0,
    rules_on=1,
    held=None,
    last_decided_at=NOW,
    last_sent_at=NOW,
    stuck=0,
    unmatched=0,
    newest_unmatched_s=None,
)


def test_files_set_aside_by_the_spool_are_shown_and_retried_with_the_command_for_the_spool():
    spool = SpoolStatus(waiting=0, oldest_at=None, bad=2, size_bytes=10)

    [alert] = alerts.of_spool(spool, NOW)

    assert not alert.alarm
    assert alert.sentence == "2 files were set aside in the folder bad/ of the spool."
    assert alert.command == "cention spool\ncention spool retry"


def test_one_file_or_callback_has_a_verb_in_the_singular():
    spool = SpoolStatus(waiting=1, oldest_at=NOW - timedelta(minutes=6), bad=1, size_bytes=10)

    assert [alert.sentence for alert in alerts.of_spool(spool, NOW)] == [
        "1 callback has been in the spool for 6m.",
        "1 file was set aside in the folder bad/ of the spool.",
    ]


def test_exports_that_pause_after_an_unknown_outcome_are_not_said_to_be_refused():
    reason = "no export before 2026-11-27 14:20 UTC, because the outcome of the last one is unknown"
    mirror = MirrorStatus(
        workspace="demo",
        mirror=Mirror.EXPORTS,
        every_s=86_400,
        last_at=None,
        last_found=None,
        last_error=None,
        last_good_at=None,
        late=True,
        odd=0,
        paused_until=NOW,
        paused_reason=reason,
    )

    [alert] = alerts.of_mirror(mirror, at=NOW)

    assert (alert.sentence, alert.command) == (f"demo exports: {reason}.", "cention exports")


def test_commands_of_an_alert_are_one_a_line():
    [alert, *_] = alerts.of_queues([])

    assert alert.command.splitlines() == [alerts.START_WORKER, alerts.START_BEAT]


def test_an_empty_spool_raises_no_alert():
    spool = SpoolStatus(waiting=0, oldest_at=None, bad=0, size_bytes=0)

    assert list(alerts.of_spool(spool, NOW)) == []


def test_invitations_that_are_due_are_no_alert_yet():
    assert list(alerts.of_surveys(SURVEYS)) == []


@pytest.mark.parametrize(
    ("status", "alarm", "sentence", "command"),
    [
        (
            replace(SURVEYS, oldest_due_s=660.0),
            True,
            "surveys of demo: 3 invitations due, the oldest for 11m.",
            "cention surveys status",
        ),
        (
            replace(SURVEYS, held="a restore", oldest_due_s=660.0),
            False,
            "surveys of demo: held, nobody is invited (a restore).",
            "cention surveys resume --workspace demo",
        ),
        (
            replace(SURVEYS, unknown=2),
            False,
            "surveys of demo: it is not known whether 2 invitations went out.",
            "cention surveys unknown",
        ),
        (
            replace(SURVEYS, unmatched=12, newest_unmatched_s=300.0),
            False,
            "surveys of demo: 12 rows of results belong to no invitation, the newest came 5m ago.",
            "cention surveys unmatched --workspace demo",
        ),
    ],
)
def test_surveys_that_need_a_person_are_an_alert(status, alarm, sentence, command):
    [alert] = alerts.of_surveys(status)

    assert (alert.alarm, alert.sentence, alert.command) == (alarm, sentence, command)


def test_rows_that_match_nothing_are_no_alert_a_day_after_the_last_of_them():
    old = replace(SURVEYS, unmatched=12, newest_unmatched_s=86_401.0)

    assert list(alerts.of_surveys(old)) == []


def test_a_hold_where_there_are_no_surveys_is_no_alert():
    unused = replace(SURVEYS, due=0, oldest_due_s=None, rules_on=0, held="a restore")

    assert list(alerts.of_surveys(unused)) == []


def test_a_vendor_is_an_alarm_while_it_is_paused_and_not_afterwards():
    paused = VendorPause(workspace="demo", vendor="digidesk", paused_until=NOW, reason="HTTP 401")

    [alert] = alerts.of_vendor(paused)

    assert (alert.alarm, alert.command) == (True, "cention surveys status")
    assert alert.sentence == (
        "surveys of demo: digidesk is paused, because it refuses us (HTTP 401)."
    )
    assert list(alerts.of_vendor(replace(paused, paused_until=None, reason=None))) == []


def test_a_customer_who_waits_for_a_vendor_is_an_alarm():
    waiting = ConversationFigures(
        workspace="demo", vendor="centracx", waiting=1, longest_wait_s=95.0, stuck=2, unknown=1
    )

    [alert] = alerts.of_conversations(waiting)

    assert alert.alarm
    assert alert.sentence == "surveys of demo: 1 survey waits for centracx, the longest for 1m."
    assert list(alerts.of_conversations(replace(waiting, longest_wait_s=5.0))) == []
    assert list(alerts.of_conversations(replace(waiting, waiting=0, longest_wait_s=None))) == []


@pytest.mark.parametrize(("hours", "told"), [(5, False), (7, True)])
def test_a_computation_of_all_figures_that_lasts_for_hours_is_told(hours, told):
    status = MetricsStatus(
        workspace="demo",
        oldest_wait_s=None,
        everything_since_at=NOW - timedelta(hours=hours),
        failed=0,
        arrivals=0,
    )

    sentences = [one.sentence for one in alerts.of_figures(status, at=NOW)]

    expected = "figures of demo: all are being computed again for 7h."
    assert sentences == ([expected] if told else [])
