"""Fixtures: an empty sandbox whose clock stands still, and a receiver of callbacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.sandbox.playground import Playground, Receiver, playground, receiving


@pytest.fixture
def cention() -> Iterator[Playground]:
    with playground() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def calling_cention(receiver: Receiver) -> Iterator[Playground]:
    """A sandbox that sends its callbacks to ``receiver``."""
    with playground(callback_url=receiver.url) as running:
        yield running
