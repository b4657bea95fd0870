"""Fixtures: the receiver's connection to a real database, and the receiver as it is served."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from receiver.database import InboxWriter
from receiver.group_commit import GroupCommit
from receiver.surveys.database import PageDatabase
from receiver.surveys.storage import SurveyStorage
from tests.integration.receiver.receiver_process import Receiver, serving
from tests.support.receiver_app import MakeClient, make_client, make_settings, notified, stored

__all__ = ["make_client", "make_settings", "notified", "stored"]

Rows = Callable[[], list[tuple[Any, ...]]]
Serve = Callable[..., Receiver]


@pytest.fixture
def body(document: Callable[[str], dict[str, Any]]) -> bytes:
    """The callback in Cention's documentation."""
    return json.dumps(document("callback_answer_errand")).encode()


@pytest.fixture
def bodies(body: bytes) -> list[bytes]:
    """Forty such callbacks, each about another answer."""
    return [body.replace(b'"76"', b'"%d"' % number) for number in range(1, 41)]


@pytest.fixture
def rows(database: str) -> Rows:
    """Read the stored callbacks: workspace, event, remote id, problem, and document as text."""

    def read() -> list[tuple[Any, ...]]:
        with psycopg.connect(database) as conn:
            return conn.execute(
                "SELECT workspace, event, remote_id, problem, document::text FROM intake.callback"
                " ORDER BY callback_id"
            ).fetchall()

    return read


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def serve(database: str, broker: str, tmp_path: Path) -> Iterator[Serve]:
    """Run a receiver on the test's database and broker, or with other settings."""
    with ExitStack() as running:

        def start(**environment: str) -> Receiver:
            own = {"DATABASE_URL": database, "BROKER_URL": broker}
            return running.enter_context(serving(tmp_path, own | environment))

        yield start


@pytest.fixture
def inbox(database: str) -> Iterator[InboxWriter]:
    inbox = InboxWriter(database)
    yield inbox
    inbox.close()


@pytest.fixture
def committer(inbox: InboxWriter) -> GroupCommit:
    return GroupCommit(inbox.write, abort=inbox.abort)


@pytest.fixture
def pages(make_client: MakeClient, database: str, notified: list[str]) -> Iterator[FlaskClient]:
    """A client of the survey pages, on a real database."""
    connections = PageDatabase(database)
    storage = SurveyStorage(connections)
    yield make_client(surveys=storage, notify_surveys=notified.append)
    connections.close()
