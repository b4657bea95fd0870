"""Fixtures: the receiver's way into a real database, and the receiver as it is served."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from receiver.keeping import GroupCommit

from receiver.database import Inbox
from tests.integration.receiver.serving import Receiver, serving
from tests.support.door import announced, kept, make_settings, open_door

__all__ = ["announced", "kept", "make_settings", "open_door"]

Rows = Callable[[], list[tuple[Any, ...]]]
Serve = Callable[..., Receiver]


@pytest.fixture
def body(document: Callable[[str], dict[str, Any]]) -> bytes:
    """The callback in Cention's documentation."""
    return json.dumps(document("callback_answer_errand")).encode()


@pytest.fixture
def bodies(body: bytes) -> list[bytes]:
    """Forty callbacks like it, each of another answer."""
    return [body.replace(b'"76"', b'"%d"' % number) for number in range(1, 41)]


@pytest.fixture
def rows(database: str) -> Rows:
    """Ask what was kept: workspace, event, remote id, problem, and the document as text."""

    def ask() -> list[tuple[Any, ...]]:
        with psycopg.connect(database) as conn:
            return conn.execute(
                "SELECT workspace, event, remote_id, problem, document::text FROM intake.callback"
                " ORDER BY callback_id"
            ).fetchall()

    return ask


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.fixture
def nowhere() -> int:
    """A port at which nobody listens."""
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
def inbox(database: str) -> Iterator[Inbox]:
    inbox = Inbox(database)
    yield inbox
    inbox.close()


@pytest.fixture
def committer(inbox: Inbox) -> GroupCommit:
    return GroupCommit(inbox.write, hang_up=inbox.hang_up, within_s=20)
