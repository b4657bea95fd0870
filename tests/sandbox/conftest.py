"""Fixtures: an empty sandbox whose clock stands still, and a receiver of callbacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.playground import Playground, Receiver, playground, receiving

DOCUMENTS = Path(__file__).parents[1] / "documents"


@pytest.fixture
def document() -> Callable[[str], dict[str, Any]]:
    """Read a sample document of the vendor by name."""
    return lambda name: json.loads((DOCUMENTS / f"{name}.json").read_text("utf-8"))


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
