"""Postgres goes down and comes up again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
import pytest

from deploy.embedded import Postgres
from receiver.group_commit import CommitFailed
from tests.support.receiver_app import new_callback
from workers.database.migrate import migrate


@pytest.fixture
def server():
    """A server that only this test uses, and stops."""
    with tempfile.TemporaryDirectory(prefix="cention-tests-") as folder:
        server = Postgres(Path(folder) / "postgres")
        server.start()
        with psycopg.connect(server.url) as conn:
            migrate(conn)
        yield server
        server.remove()


@pytest.fixture
def database(server):
    return server.url


def remote_ids(rows):
    return sorted(row[2] for row in rows())


def test_a_restart_of_postgres_is_survived(inbox, rows, server):
    inbox.write([new_callback(1)])
    server.kill()
    server.start()

    inbox.write([new_callback(2)])

    assert remote_ids(rows) == [1, 2]


def test_an_outage_ends_when_postgres_is_back(committer, server, rows):
    server.stop()
    with pytest.raises(CommitFailed):
        committer.submit(new_callback(1), size_bytes=1).result(20)
    server.start()

    committer.submit(new_callback(2), size_bytes=1).result(20)

    assert remote_ids(rows) == [2]
