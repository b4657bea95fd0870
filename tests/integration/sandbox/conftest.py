"""Fixtures: an empty sandbox without changes, and a receiver of callbacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.sandbox.sandbox_server import (
    CallbackReceiver,
    SandboxServer,
    callback_receiver,
    sandbox_server,
)


@pytest.fixture
def cention() -> Iterator[SandboxServer]:
    with sandbox_server() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    with callback_receiver() as running:
        yield running


@pytest.fixture
def cention_with_callbacks(receiver: CallbackReceiver) -> Iterator[SandboxServer]:
    """A sandbox that sends its callbacks to ``receiver``."""
    with sandbox_server(callback_url=receiver.url) as running:
        yield running
