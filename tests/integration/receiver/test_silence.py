"""Postgres, or the way to it, falls silent in the middle of a connection."""

from __future__ import annotations

import time

import psycopg
import pytest

from receiver import database as ways
from receiver.database import Inbox, open_inbox
from receiver.keeping import GroupCommit, NotKept
from tests.door import new_callback
from tests.integration.receiver.freezing import Network


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


def test_a_write_that_is_never_answered_ends_when_it_is_given_up(url, network, rows):
    inbox = Inbox(url)
    committer = GroupCommit(inbox.write, hang_up=inbox.hang_up, within_s=1)
    committer.begin(new_callback(1), size_bytes=1).confirm()
    network.freeze()
    with pytest.raises(NotKept):
        committer.begin(new_callback(2), size_bytes=1).confirm()

    committer.give_up()
    committer.begin(new_callback(3), size_bytes=1).confirm()

    assert remote_ids(rows) == [1, 3]


def test_a_way_out_of_the_spool_that_falls_silent_is_left(url, network, rows, monkeypatch):
    monkeypatch.setattr(ways, "SPOOLED_S", 0.5)
    began = time.monotonic()

    with open_inbox(url) as write:
        write([new_callback(1)])
        network.freeze()
        with pytest.raises(psycopg.OperationalError):
            write([new_callback(2)])

    assert time.monotonic() - began < 5
    with open_inbox(url) as write:
        write([new_callback(3)])
    assert remote_ids(rows) == [1, 3]
