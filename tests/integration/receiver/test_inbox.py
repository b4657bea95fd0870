"""Callbacks are committed in Postgres before their sender is answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from receiver.database import is_up, read_gauges
from receiver.group_commit import CommitFailed
from tests.support.receiver_app import new_callback


def end_connections(database):
    with psycopg.connect(database) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def remote_ids(rows):
    return sorted(row[2] for row in rows())


def test_written_callbacks_are_committed(inbox, rows):
    inbox.write([new_callback(1), new_callback(2)])

    assert remote_ids(rows) == [1, 2]


def test_a_repeat_is_written_once_within_a_group_and_across(inbox, rows):
    inbox.write([new_callback(1), new_callback(1)])
    inbox.write([new_callback(1), new_callback(2)])

    assert remote_ids(rows) == [1, 2]


def test_a_connection_that_died_is_replaced(inbox, rows, database):
    inbox.write([new_callback(1)])
    end_connections(database)

    inbox.write([new_callback(2)])

    assert remote_ids(rows) == [1, 2]


def test_only_the_callback_that_postgres_refuses_is_not_stored(committer, rows):
    def outcome(remote_id):
        try:
            new = new_callback(remote_id % 100, remote_id=remote_id)
            committer.submit(new, size_bytes=1).result(20)
        except CommitFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(outcome, [1, 2, 2**70, 3, 4]))

    assert outcomes == [True, True, False, True, True]
    assert remote_ids(rows) == [1, 2, 3, 4]


def test_the_callbacks_of_many_senders_are_each_stored_once(committer, rows):
    with ThreadPoolExecutor(16) as threads:
        new = [new_callback(number % 100) for number in range(300)]
        pending = list(threads.map(partial(committer.submit, size_bytes=1), new))

    for each in pending:
        each.result(20)

    assert remote_ids(rows) == list(range(100))


def test_a_locked_table_fails_the_write_before_the_sender_gives_up(inbox, database):
    with psycopg.connect(database) as conn:
        conn.execute("LOCK TABLE intake.callback")

        with pytest.raises(psycopg.errors.QueryCanceled):
            inbox.write([new_callback(1)])


def test_the_operational_figures_can_be_read(inbox, database):
    inbox.write([new_callback(1)])

    gauges = {gauge.name: gauge.value for gauge in read_gauges(database)}

    assert gauges["cention_callbacks_unfiled"] == 1


def test_postgres_that_does_not_answer_is_reported_as_down(database, closed_port):
    is_up(database)
    with pytest.raises(psycopg.OperationalError):
        is_up(f"postgresql://127.0.0.1:{closed_port}/cention")
