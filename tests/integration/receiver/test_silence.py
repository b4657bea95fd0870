"""Postgres, or the way to it, stops answering in the middle of a connection."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import requests

from receiver import database as receiver_database
from receiver.database import InboxWriter, open_spool_writer
from receiver.group_commit import CommitFailed, GroupCommit
from tests.integration.receiver.freezable_network import Network
from tests.support.eventually import eventually
from tests.support.receiver_app import new_callback


@pytest.fixture
def network(postgres):
    network = Network(postgres.sockets / ".s.PGSQL.5432")
    yield network
    network.close()


@pytest.fixture
def url(network, database):
    name = database.partition("@/")[2].partition("?")[0]
    return f"postgresql://cention@127.0.0.1:{network.port}/{name}"


def remote_ids(rows):
    return sorted(row[2] for row in rows())


def test_a_write_that_is_never_answered_can_be_failed(url, network, rows):
    inbox = InboxWriter(url)
    committer = GroupCommit(inbox.write, abort=inbox.abort)
    committer.submit(new_callback(1), size_bytes=1).result(20)
    network.freeze()
    silent = committer.submit(new_callback(2), size_bytes=1)
    with pytest.raises(TimeoutError):
        silent.result(1)

    committer.fail_pending()
    committer.submit(new_callback(3), size_bytes=1).result(20)

    assert isinstance(silent.exception(20), CommitFailed)

    assert remote_ids(rows) == [1, 3]


def test_a_drain_of_the_spool_that_gets_no_answer_is_aborted(url, network, rows, monkeypatch):
    monkeypatch.setattr(receiver_database, "SPOOLED_S", 0.5)
    began = time.monotonic()

    with open_spool_writer(url) as write:
        write([new_callback(1)])
        network.freeze()
        with pytest.raises(psycopg.OperationalError):
            write([new_callback(2)])

    assert time.monotonic() - began < 5
    with open_spool_writer(url) as write:
        write([new_callback(3)])
    assert remote_ids(rows) == [1, 3]


def test_callbacks_whose_commit_is_never_answered_are_stored_within_two_seconds(
    serve, url, network, bodies
):
    receiver = serve(DATABASE_URL=url, WEB_CONCURRENCY="1")
    receiver.post(bodies[0])
    network.freeze()
    began = time.monotonic()

    with ThreadPoolExecutor(20) as senders:
        answers = list(senders.map(receiver.post, bodies[1:21]))

    assert [answer.status_code for answer in answers] == [200] * 20
    assert time.monotonic() - began < 3


def test_a_process_that_is_stopping_answers_callbacks_that_arrive_meanwhile(
    serve, url, network, bodies, rows
):
    brief = "--graceful-timeout 1"
    receiver = serve(DATABASE_URL=url, WEB_CONCURRENCY="1", GUNICORN_CMD_ARGS=brief)
    receiver.post(bodies[0])
    network.freeze()

    with requests.Session() as sender:
        while not _is_seen_stopping(receiver, sender):
            pass  # it waits one second for its senders: on a busy machine that may pass unseen
        meanwhile = sender.post(receiver.callbacks, bodies[1], timeout=10)

    assert (meanwhile.status_code, meanwhile.headers["Connection"]) == (200, "close")
    assert eventually(lambda: remote_ids(rows) == [1, 2])


def _is_seen_stopping(receiver, sender: requests.Session) -> bool:
    """Connect ``sender``, reload the receiver, and return whether its process was seen to stop."""
    sender.get(receiver.live)
    with requests.Session() as observer:
        observer.get(receiver.live)
        os.kill(receiver.pid, signal.SIGHUP)
        until = time.monotonic() + 3
        while time.monotonic() < until:
            if observer.get(receiver.live).headers.get("Connection") == "close":
                return True
    return False
