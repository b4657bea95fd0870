"""The sandbox answers as Cention's HTTP framework does."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.integration.sandbox.sandbox_server import SandboxServer, sandbox_server
from tests.support.framework.comparison import Recorded, recorded, send

MARKED = 1001  # the errand whose mark a recorded ``flag`` is about
# Where the sandbox answers otherwise, with the reason.
DIFFERENT = {
    "20000 levels": "the framework hangs up in the middle of the body; the sandbox answers 406",
}


@pytest.fixture
def cention_from_1001() -> Iterator[SandboxServer]:
    """A sandbox whose ids are those of the recorded requests."""
    with sandbox_server(first_id=MARKED) as running:
        running.control("errands", {"count": 3})
        running.control("ratings", {"count": 1})
        running.control("attachments", {})
        yield running


def test_the_sandbox_answers_every_recorded_request_as_the_framework(cention_from_1001):
    sent: Counter[str] = Counter()
    different: Counter[str] = Counter()
    unexplained = []
    with closing(HTTPConnection(urlsplit(cention_from_1001.root).netloc, timeout=10)) as connection:
        for one in recorded():
            sent[one.kind] += 1
            expected = (one.status, one.media_type, one.answer, one.flag)
            answered = _answer(cention_from_1001, connection, one)
            if answered != expected:
                different[one.kind] += 1
                if not any(label in one.label for label in DIFFERENT):
                    unexplained.append(f"{one.label}\n  recorded {expected}\n  answered {answered}")

    shares = [f"{kind}: {different[kind]} of {number} differ" for kind, number in sent.items()]
    sys.stdout.write("\n".join([*shares, *unexplained, ""]))
    assert not unexplained
    assert different.total() <= sent.total() // 100


def _answer(
    cention: SandboxServer, connection: HTTPConnection, one: Recorded
) -> tuple[int | str, str, str, str | None]:
    if one.flag is not None:
        cention.api("c3_dirty_errand_list", "POST", data=_mark())
    status, media_type, shape = send(connection, one)
    if one.flag is None:
        return status, media_type, shape, None
    marked = cention.control(f"truth?errand={MARKED}")["dirty"]
    return status, media_type, shape, "kept" if marked else "cleared"


def _mark() -> bytes:
    return b'{"data":{"type":"c3_dirty_errand_list","attributes":{"errands":[%d]}}}' % MARKED
