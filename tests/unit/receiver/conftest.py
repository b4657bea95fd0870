"""Fixtures: the web application with parts that only remember what they were asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receiver.spool import Spool
from tests.door import announced, callback, door, kept, make_settings, open_door
from workers.store.callbacks import NewCallback

__all__ = ["announced", "callback", "door", "kept", "make_settings", "open_door"]


@pytest.fixture
def new() -> Callable[..., NewCallback]:
    """Make a callback that arrived ``number`` seconds into 2026."""

    def make(number: int, **other: Any) -> NewCallback:
        given: dict[str, Any] = {
            "workspace": "demo",
            "received_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
            "event": 1,
            "remote_id": number,
            "body_sha256": number.to_bytes(32, "big"),
            "document": {"data": {"id": str(number)}},
            "problem": None,
        }
        return NewCallback(**given | other)

    return make


@pytest.fixture
def make_spool(tmp_path: Path) -> Callable[..., Spool]:
    """Open the spool of the test, as one more process does."""

    def make(max_bytes: int = 10**6) -> Spool:
        return Spool(tmp_path / "spool", max_bytes=max_bytes)

    return make


@pytest.fixture
def spool(make_spool: Callable[..., Spool]) -> Spool:
    return make_spool()
