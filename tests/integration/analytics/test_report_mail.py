"""The weekly report is sent by mail, each week's at most once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.integration.analytics.reporting import MONDAY, SETTINGS, Reporting, mail_to
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.locks import wait_until_locks_are_free
from workers.analytics.jobs.reports import send as job
from workers.analytics.store import sent_reports
from workers.database import connections
from workers.operations.store.gauges import read_gauges

RECIPIENT, MESSAGE = "mail.recipient", "mail.message"
MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)
SUBJECT = "Rapport för vecka 2024-W05: demo"
BOTH = [("ann@nordkust.example", SUBJECT), ("bo@nordkust.example", SUBJECT)]


@pytest.fixture
def reporting(database: str) -> Iterator[Reporting]:
    with (
        sandbox_server() as sandbox,
        connections.open_pool(database) as pool,
        psycopg.connect(database, autocommit=True) as conn,
    ):
        conn.execute("INSERT INTO cention.workspace VALUES ('demo', 'Europe/Stockholm')")
        port = sandbox.control("surveys/mail")["port"]
        yield Reporting(sandbox, pool.connection, conn, mail_to(port))


def test_it_is_sent_to_all_at_its_time_and_once(reporting):
    reporting.send(MONDAY - MINUTE)  # that of the week before
    before = len(reporting.mails())
    reporting.send()
    reporting.send(MONDAY + MINUTE)
    reporting.send(MONDAY + 6 * MINUTE)

    assert [one for one in reporting.mails() if one[1] == SUBJECT] == BOTH
    assert (before, len(reporting.mails())) == (2, 4)
    assert reporting.states() == [("2024-01-22", "sent"), ("2024-01-29", "sent")]


def test_that_it_is_being_sent_is_committed_before_the_server_is_asked(reporting, monkeypatch):
    seen = []
    client = reporting.mail.client

    class Looking:
        def send(self, mail, *, send_until_s):
            seen.extend(reporting.states())  # on another connection
            return client.send(mail, send_until_s=send_until_s)

    reporting.mail = replace(reporting.mail, client=Looking())
    reporting.send()

    assert seen == [("2024-01-29", "sending")]
    assert reporting.states() == [("2024-01-29", "sent")]


def test_of_many_workers_in_the_same_minute_one_sends(reporting):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: reporting.send(), range(8)))

    assert reporting.mails() == BOTH


@pytest.mark.parametrize(("when", "mails"), [("before", 0), ("after", 2)])
def test_a_worker_that_was_killed_leaves_it_unknown_and_it_is_not_repeated(
    reporting, database, when, mails
):
    _kill_while_sending(reporting, database, when)

    reporting.send(MONDAY + MINUTE)
    reporting.send(MONDAY + 60 * MINUTE)

    assert reporting.states() == [("2024-01-29", "unknown")]
    assert len(reporting.mails()) == mails


def test_a_report_that_an_operator_found_missing_is_sent_and_one_found_done_is_not(
    reporting, database
):
    _kill_while_sending(reporting, database, "before")
    reporting.send(MONDAY + MINUTE)
    week = reporting.rows()[0]["week"]

    assert sent_reports.resolve(reporting.conn, "demo", week, sent=False)
    reporting.send(datetime.now(UTC) + MINUTE)
    assert [one for one in reporting.mails() if one[1] == SUBJECT] == BOTH
    assert not sent_reports.resolve(reporting.conn, "demo", week, sent=True)


def test_an_answer_that_never_came_leaves_it_unknown_with_its_message_id(reporting):
    reporting.fault("sent_then_dropped", MESSAGE)

    reporting.send()
    reporting.no_faults()
    reporting.send(MONDAY + MINUTE)

    [row] = reporting.rows()
    assert row["state"] == "unknown"
    assert "Message-ID <report.2024-W05." in row["problem"]
    assert reporting.mails() == BOTH


def test_reports_that_an_operator_has_to_settle_are_counted_in_the_metrics(reporting):
    for day, state in enumerate(("refused", "unknown", "due", "sending", "sent", "skipped")):
        reporting.conn.execute(
            "INSERT INTO intake.report_sent (workspace, week, state, due_at)"
            " VALUES ('demo', '2024-01-01'::date + 7 * %s, %s, now())",
            [day, state],
        )

    [gauge] = [one for one in read_gauges(reporting.conn) if one.name == "cention_report_unsettled"]
    assert (gauge.labels, gauge.value) == ({"workspace": "demo"}, 2)


def test_while_the_server_is_busy_it_waits_longer_each_time_and_is_sent_once(reporting):
    reporting.fault("busy", RECIPIENT)
    reporting.send()
    [row] = reporting.rows()
    assert (row["state"], row["due_at"]) == ("due", MONDAY + MINUTE)
    reporting.send(MONDAY + MINUTE)
    assert reporting.rows()[0]["due_at"] == MONDAY + 3 * MINUTE
    assert reporting.mails() == []

    reporting.no_faults()
    reporting.send(MONDAY + 2 * MINUTE)
    assert reporting.mails() == []
    reporting.send(MONDAY + 3 * MINUTE)
    assert reporting.mails() == BOTH
    assert reporting.states() == [("2024-01-29", "sent")]


def test_a_recipient_that_is_refused_keeps_it_from_nobody_else_and_is_noted(reporting):
    reporting.fault("not_found", RECIPIENT, times=1)

    reporting.send()

    [row] = reporting.rows()
    assert reporting.mails() == BOTH[1:]
    assert row["state"] == "sent"
    assert row["problem"].startswith("1 of 2 recipients refused: the mail server said 550")
    assert "@" not in row["problem"]


def test_if_all_recipients_are_refused_it_is_refused_and_not_repeated(reporting):
    reporting.fault("not_found", RECIPIENT)

    reporting.send()
    reporting.no_faults()
    reporting.send(MONDAY + MINUTE)

    assert reporting.states() == [("2024-01-29", "refused")]
    assert reporting.mails() == []


def test_after_a_week_without_the_bridge_the_newest_report_alone_is_sent(reporting):
    reporting.send()
    reporting.send(MONDAY + 3 * WEEK + MINUTE)

    assert reporting.states() == [("2024-01-29", "sent"), ("2024-02-19", "sent")]


def test_while_the_bridge_cannot_send_reports_that_are_older_than_the_newest_are_skipped(reporting):
    reporting.fault("busy", RECIPIENT)
    for week in range(3):
        reporting.send(MONDAY + week * WEEK)
    reporting.no_faults()

    reporting.send(MONDAY + 2 * WEEK + MINUTE)

    assert reporting.states() == [
        ("2024-01-29", "skipped"),
        ("2024-02-05", "skipped"),
        ("2024-02-12", "sent"),
    ]
    assert len(reporting.mails()) == 2
    assert sent_reports.unsettled(reporting.conn, "demo") == []


def test_an_older_report_that_an_operator_found_missing_is_sent_beside_the_newest(
    reporting, database
):
    _kill_while_sending(reporting, database, "before")
    reporting.send(MONDAY + MINUTE)
    reporting.fault("busy", RECIPIENT)
    week = reporting.rows()[0]["week"]
    assert sent_reports.resolve(reporting.conn, "demo", week, sent=False)
    now = datetime.now(UTC) + MINUTE
    reporting.send(now)
    reporting.no_faults()

    reporting.send(now + WEEK)

    assert [state for _, state in reporting.states()] == ["sent", "skipped", "sent"]


def test_while_all_figures_are_computed_again_it_waits_and_says_why(reporting):
    _compute_everything(reporting)
    reporting.send()
    [row] = reporting.rows()
    assert (row["state"], row["tries"]) == ("due", 0)
    assert row["problem"] == "waits until all figures are computed"

    reporting.conn.execute("UPDATE intake.metrics_progress SET after_id = NULL, day = now()::date")
    reporting.send(MONDAY + MINUTE)
    assert reporting.mails() == BOTH


@pytest.mark.parametrize(
    ("day", "is_due"), [("2024-02-03", False), (None, False), ("2024-02-04", True)]
)
def test_it_waits_for_the_backlog_of_its_week(reporting, day, is_due):
    reporting.conn.execute("INSERT INTO intake.metrics_progress VALUES ('demo', NULL, %s)", [day])
    if is_due:
        reporting.conn.execute(
            "INSERT INTO intake.day_due (workspace, kept, day)"
            " VALUES ('demo', 'backlog_day', '2024-02-04')"
        )

    reporting.send()

    assert reporting.states() == [("2024-01-29", "due")]


@pytest.mark.parametrize(("minutes", "waits"), [(11, True), (5, False)])
def test_it_waits_for_sums_of_its_week_that_are_long_due(reporting, minutes, waits):
    reporting.conn.execute(
        "INSERT INTO intake.day_due (workspace, kept, day, marked_at)"
        " VALUES ('demo', 'summary_day', '2024-02-04', now() - %s * interval '1 minute')",
        [minutes],
    )

    reporting.send()

    assert reporting.states() == [("2024-01-29", "due" if waits else "sent")]


def test_figures_that_take_longer_than_12_hours_keep_no_report(reporting):
    _compute_everything(reporting)
    reporting.send(MONDAY + timedelta(hours=12) - MINUTE)
    assert reporting.mails() == []

    reporting.send(MONDAY + timedelta(hours=12))

    assert reporting.mails() == BOTH


def test_while_surveys_are_held_nothing_is_sent_and_then_it_is(reporting):
    reporting.conn.execute("INSERT INTO feedback.hold (workspace, reason) VALUES ('demo', 'x')")
    reporting.send()
    assert reporting.states() == [("2024-01-29", "due")]

    reporting.conn.execute("DELETE FROM feedback.hold")
    reporting.send(MONDAY + MINUTE)
    assert reporting.mails() == BOTH


def test_a_restored_database_sends_nothing_even_before_surveys_note_the_restore(reporting):
    reporting.conn.execute("UPDATE feedback.restore_mark SET system_identifier = 7")

    reporting.send()

    assert reporting.states() == [("2024-01-29", "due")]
    assert reporting.mails() == []


def test_over_a_change_of_clocks_it_is_sent_once_each_week(reporting):
    first = datetime(2024, 10, 20, 0, 30, tzinfo=UTC)  # 02:30 there; a Sunday of 25 hours follows
    reporting.mail = replace(reporting.mail, settings=replace(SETTINGS, weekday=7, at=time(2, 30)))
    for half_hour in range(2 * 24 * 8):
        reporting.send(first + half_hour * 30 * MINUTE)

    assert [day for day, _ in reporting.states()] == ["2024-10-07", "2024-10-14"]
    assert [state for _, state in reporting.states()] == ["sent", "sent"]
    assert len(reporting.mails()) == 4


def test_a_report_that_cannot_be_made_tells_why_and_waits_longer_each_time(reporting, monkeypatch):
    monkeypatch.setattr(job, "as_page", lambda *_, **__: 1 / 0)
    waits = []
    for _ in range(3):
        [at] = [row["due_at"] for row in reporting.rows()] or [MONDAY]
        with pytest.raises(ZeroDivisionError):
            reporting.send(at)
        [row] = reporting.rows()
        waits.append(row["due_at"] - at)

    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert row["problem"] == "it cannot be made: ZeroDivisionError"
    monkeypatch.undo()
    reporting.send(row["due_at"])
    assert reporting.mails() == BOTH


def test_a_report_that_cannot_be_made_keeps_no_other_from_being_sent(reporting, monkeypatch):
    reporting.send(MONDAY - MINUTE)
    reporting.conn.execute("UPDATE intake.report_sent SET state = 'unknown'")
    week = MONDAY.date() - 2 * WEEK
    assert sent_reports.resolve(reporting.conn, "demo", week, sent=False)
    reporting.conn.execute("UPDATE intake.report_sent SET due_at = %s", [MONDAY])
    page = job.as_page
    monkeypatch.setattr(
        job,
        "as_page",
        lambda one, **more: 1 / 0 if one.week.monday == week else page(one, **more),
    )

    with pytest.raises(ZeroDivisionError):
        reporting.send()

    assert reporting.states() == [("2024-01-22", "due"), ("2024-01-29", "sent")]


def test_a_report_that_cannot_be_made_stays_due(reporting, monkeypatch):
    monkeypatch.setattr(job, "as_page", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        reporting.send()

    assert reporting.states() == [("2024-01-29", "due")]


def test_what_another_run_sends_or_has_sent_cannot_be_begun(reporting):
    run, other = uuid4(), uuid4()
    week = MONDAY.date() - WEEK
    sent_reports.add_due(reporting.conn, "demo", week, due_at=MONDAY)

    assert sent_reports.begin(reporting.conn, "demo", week, run=run) == 1
    assert sent_reports.begin(reporting.conn, "demo", week, run=other) is None
    sent_reports.settle(reporting.conn, "demo", week, run=other, state="due", problem=None)
    assert reporting.states() == [("2024-01-29", "sending")]


def test_the_table_names_nobody(reporting):
    reporting.send()

    assert "@" not in str(reporting.rows())


def _compute_everything(reporting: Reporting) -> None:
    reporting.conn.execute(
        "INSERT INTO intake.metrics_progress (workspace, after_id) VALUES ('demo', 0)"
    )


def _kill_while_sending(reporting: Reporting, database: str, when: str) -> None:
    port = reporting.sandbox.control("surveys/mail")["port"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.integration.analytics.dying_sender",
            database,
            str(port),
            when,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "sending\n"
        process.kill()
    wait_until_locks_are_free(reporting.conn)
