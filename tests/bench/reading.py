"""CPU time for reading one document: from its bytes to the record and the text that is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from receiver.authentication import Secrets
from receiver.canonical_json import canonicalise, read_body
from schemas.cention.callbacks import read_callback
from schemas.cention.errand_reports import read_errand_report
from schemas.cention.facebook_ratings import read_facebook_rating
from tests.bench import documents
from tests.bench.servers import SECRET, BenchServers
from tests.bench.table import Row
from workers.clients.json_bodies import read_json
from workers.database.json_text import storable

ROUNDS = 30
DOCUMENTS = 500  # different ones in a round, so that no cache knows them all
ZONE = ZoneInfo("Asia/Kuala_Lumpur")

Step = tuple[str, Callable[[Any], Any]]
"""What a step is called, and the step: it gets what the step before returned."""


def measure(_servers: BenchServers) -> Iterator[Row]:
    """Measure each kind of document, one step after the other, in one thread."""
    secrets = Secrets([SECRET])
    kept: Sequence[Step] = (("decode", read_json), ("keep", storable))
    yield _row(
        "an errand report with ten actions",
        [documents.errand_report(number) for number in range(1, DOCUMENTS + 1)],
        *kept,
        ("read", lambda stored: read_errand_report(stored[0], zone=ZONE)),
    )
    yield _row(
        "a Facebook rating",
        [documents.facebook_rating(number) for number in range(1, DOCUMENTS + 1)],
        *kept,
        ("read", lambda stored: read_facebook_rating(stored[0])),
    )
    yield _row(
        "a callback with two files",
        [documents.callback(number, secret=SECRET) for number in range(1, DOCUMENTS + 1)],
        ("decode", read_body),
        ("verify", lambda document: (secrets.verify(document), document)[1]),
        ("seal", lambda document: canonicalise(document, secrets)),
        ("read", lambda canonical: read_callback(canonical.document)),
    )


def _row(what: str, values: Sequence[dict[str, Any]], *steps: Step) -> Row:
    bodies = [json.dumps(value).encode() for value in values]
    rounds = [_round(bodies, [step for _, step in steps]) for _ in range(ROUNDS)]
    whole_us, *each_us = min(rounds)  # the least disturbed by others
    parts = ", ".join(f"{name} {us:.1f}" for (name, _), us in zip(steps, each_us, strict=True))
    size = sum(map(len, bodies)) / len(bodies)
    return Row(f"CPU for {what}", f"{whole_us:.1f} us", f"{parts}; {size:,.0f} bytes on average")


def _round(bodies: Sequence[bytes], steps: Sequence[Callable[[Any], Any]]) -> list[float]:
    """Return the microseconds of CPU for one document on average: altogether, and of each step."""
    spent_s = [0.0] * len(steps)
    for value in bodies:
        begin_s = time.thread_time()
        for number, step in enumerate(steps):
            value = step(value)
            end_s = time.thread_time()
            spent_s[number] += end_s - begin_s
            begin_s = end_s
    return [s / len(bodies) * 1e6 for s in (sum(spent_s), *spent_s)]
