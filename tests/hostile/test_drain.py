"""No answer of Cention to a fetch loses a record or delays the others."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from tests.hostile.strategies import bodies, sample
from tests.support.settings import settings_for
from workers import wiring
from workers.clients.json_bodies import failure_texts, read_json
from workers.config.names import Family
from workers.sync.jobs.drain import drain
from workers.sync.store import wanted
from workers.wiring import WorkerContext

WITHIN_S = 5.0  # a batch; one drain of these takes some tens of milliseconds
SAMPLES = {
    Family.ERRAND_REPORTS: "errand_report_33",
    Family.FACEBOOK_RATINGS: "facebook_rating_3",
    Family.RESPONSE_ATTACHMENTS: "response_attachment_1270",
}
TABLES = ("intake.wanted", "intake.landed", "intake.pause", "cention.errand", "cention.attachment")
EXAMPLES = settings(
    max_examples=30,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass
class Oracle:
    """A Cention that answers 200 with a given body for each id."""

    port: int = 0
    bodies: dict[int, bytes] = field(default_factory=dict)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    served = Oracle()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = served.bodies[int(PurePosixPath(self.path).name)]
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.api+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield served
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture(scope="module")
def context(own_database: str, oracle: Oracle) -> Iterator[WorkerContext]:
    plain = settings_for(own_database, f"http://127.0.0.1:{oracle.port}/s/demo")
    built = wiring.build(replace(plain, fetch_timeout_s=10, attachment_max_bytes=2 * 1024 * 1024))
    built.pool.resize(4)  # a pool that grows uses `random`, which Hypothesis attributes to the test
    built.pool.wait()
    yield built
    built.fetch_loop.close()
    built.pool.close()


def drained(context, oracle, family, documents):
    """Fetch ``documents`` as records 1, 2, …; return the rows still wanted and those landed.

    The id of the sample in a document is replaced by its own.
    """
    own = re.compile(rb'(?<="id": ")%s(?=")' % SAMPLES[family].rpartition("_")[2].encode())
    oracle.bodies = {
        number: own.sub(b"%d" % number, body) for number, body in enumerate(documents, start=1)
    }
    with context.transaction() as conn:
        for table in TABLES:
            conn.execute(f"TRUNCATE {table} CASCADE")
        wanted.want(conn, "demo", family, oracle.bodies)
    began = time.perf_counter()
    drain(
        context.families["demo", family],
        session=context.session,
        loop=context.fetch_loop,
        nudge_another=lambda: None,
    )
    assert time.perf_counter() - began < WITHIN_S
    with context.transaction() as conn, conn.cursor(row_factory=dict_row) as cursor:
        left = cursor.execute(
            "SELECT remote_id, claim, tries, parked_at, last_error, due_at > now() AS waits,"
            " missing_since FROM intake.wanted"
        ).fetchall()
        landed = cursor.execute("SELECT remote_id, problem FROM intake.landed").fetchall()
    return {one["remote_id"]: one for one in left}, {one["remote_id"]: one for one in landed}


def is_document(body):
    """Return whether it is an object, and not an error document."""
    try:
        found = read_json(body)
    except ValueError:
        return False
    return isinstance(found, dict) and failure_texts(found) is None


def check(oracle, left, landed):
    for remote_id, body in oracle.bodies.items():
        row = left.get(remote_id)
        assert row is None or row["claim"] is None
        assert row is None or row["waits"] or row["parked_at"]
        if row is None or row["tries"] == 0:
            continue
        assert not is_document(body) or remote_id in landed, row["last_error"]


@pytest.mark.parametrize("family", [Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS])
@EXAMPLES
@given(drawn=st.data())
def test_a_fetched_object_is_stored_as_rows_or_with_its_problem(context, oracle, family, drawn):
    documents = drawn.draw(st.lists(bodies(SAMPLES[family]), min_size=1, max_size=5))

    left, landed = drained(context, oracle, family, documents)

    check(oracle, left, landed)
    for remote_id, body in oracle.bodies.items():
        if is_document(body) and remote_id not in landed:
            assert left[remote_id]["missing_since"]  # "data": null


@EXAMPLES
@given(documents=st.lists(bodies(SAMPLES[Family.RESPONSE_ATTACHMENTS]), min_size=1, max_size=5))
@example(documents=[b'{"data":{"attributes":{"attachment":{"content":"' + b"A" * 10**6 + b'"}}}}'])
def test_a_fetched_attachment_is_stored_landed_or_refused(context, oracle, documents):
    left, landed = drained(context, oracle, Family.RESPONSE_ATTACHMENTS, documents)

    with context.transaction() as conn:
        recorded = {
            remote_id
            for (remote_id,) in conn.execute("SELECT attachment_id FROM cention.attachment")
        }
    for remote_id in oracle.bodies:
        assert remote_id in left or remote_id in landed or remote_id in recorded
        if remote_id in left:
            assert left[remote_id]["claim"] is None
            assert left[remote_id]["waits"] or left[remote_id]["parked_at"]


@pytest.mark.parametrize("family", [Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS])
def test_a_valid_sample_among_them_is_stored(context, oracle, family):
    """Otherwise the tests above would pass with a drain that can parse nothing."""
    document = json.dumps(sample(SAMPLES[family])).encode()
    changed = document.replace(b'"attributes"', b'"attributes": 5, "extra"')

    _, landed = drained(context, oracle, family, [changed, document, b"{}", b"no JSON"])

    assert {number: bool(one["problem"]) for number, one in landed.items()} == {
        1: True,
        2: False,
        3: True,
    }
