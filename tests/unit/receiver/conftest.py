"""Fixtures: the web application with parts that only record their calls, and a spool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from receiver.spool import Spool
from tests.support.receiver_app import (
    callback,
    client,
    make_client,
    make_settings,
    new_callback,
    notified,
    stored,
)
from workers.sync.store.callbacks import NewCallback

__all__ = ["callback", "client", "make_client", "make_settings", "notified", "stored"]


@pytest.fixture
def new() -> Callable[..., NewCallback]:
    """Make a callback that arrived some seconds into 2026."""
    return new_callback


@pytest.fixture
def make_spool(tmp_path: Path) -> Callable[..., Spool]:
    """Open the spool of the test, as another process does."""

    def make(max_bytes: int = 10**6) -> Spool:
        return Spool(tmp_path / "spool", max_bytes=max_bytes)

    return make


@pytest.fixture
def spool(make_spool: Callable[..., Spool]) -> Spool:
    return make_spool()
