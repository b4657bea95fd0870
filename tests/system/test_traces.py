"""Traces by OpenTelemetry: from a callback to its rows, and nothing of persons in them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
import requests

from tests.integration.receiver.receiver_process import ROOT, serving
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.databases import run_query
from tests.support.eventually import eventually
from tests.system.collector import collector

SECRET = "callback-secret-of-traces"
TOKEN = "sandbox-token"
ROOT_SPAN = "POST /callbacks/<workspace>"
WRITTEN = {
    "INSERT INTO intake.callback",
    "INSERT INTO cention.answer",
    "INSERT INTO cention.errand",
}
WORKER = ("celery", "--quiet", "--app", "workers.app", "worker", "--concurrency", "1")
# Two callbacks that ask for one nudge, and statements.
TOGETHER = """
from workers.config import tracing
tracing.start("together")
first, second = tracing.begin_request("/first"), tracing.begin_request("/second")
contexts = [None]
for span in (first, second):
    with span.current():
        contexts.append(tracing.context())
with tracing.span("nudge", after=contexts):
    pass
first.end(200)
second.end(503)
"""
# Ends while a collector does not answer, and prints whether the library still waits for it then.
ENDS = """
import threading
from workers.config import tracing
tracing.start("ends")
tracing.begin_request("/first").end(200)
tracing.stop()
print("end of traces" in [thread.name for thread in threading.enumerate()])
"""
# Prints whether a receiver and a worker import it. redis imports its metrics if it is installed.
IMPORTED = """
import sys, wsgi, workers.app
from workers.config import tracing
tracing.start("x")
workers.app.load_traces()
begun = ("opentelemetry.instrumentation", "opentelemetry.exporter", "workers.config.otel")
print(len([name for name in sys.modules if name.startswith(begun)]))
"""


def settings(database, broker, cention, endpoint):
    return {
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "CENTION_URL": f"{cention}/s/demo",
        "CENTION_TOKEN": TOKEN,
        "CENTION_CALLBACK_SECRETS": SECRET,
        "WEB_CONCURRENCY": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }


def run_program(text, own):
    """Run a program in a process of its own; fail if it does, or takes five minutes."""
    return subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )


def callback(document, errand_id):
    """Return the callback of Cention's documentation, about another errand."""
    body = json.dumps(document("callback_answer_errand")).replace('"2256"', f'"{errand_id}"')
    body = body.replace('"c3_id": 2256', f'"c3_id": {errand_id}')
    return json.dumps(json.loads(body) | {"meta": {"api_secret": SECRET}}).encode()


def traces_of_callbacks(found):
    """Return the spans of each trace that a callback began."""
    begun = [span.trace_id for span in found if span.name == ROOT_SPAN]
    return [[span for span in found if span.trace_id == trace_id] for trace_id in begun]


def names_of_pages(found):
    """Return the names of the spans of requests to the receiver that are no callbacks."""
    return {one.name for one in found if one.service == "cention-receiver"} - {ROOT_SPAN}


def whole(found):
    """Return the trace of the one callback, once all that it wrote is there."""
    traces = traces_of_callbacks(found)
    if len(traces) == 1 and {span.name for span in traces[0]} >= WRITTEN:
        ids = {span.span_id for span in traces[0]}
        if all(span.parent_id in ids for span in traces[0] if span.parent_id):
            return traces[0]
    return None


def test_one_trace_leads_from_a_callback_to_its_rows_and_names_no_person_and_no_secret(
    database, broker, document, tmp_path
):
    with sandbox_server(sla_delay_s=0) as cention, collector() as collecting:
        errand_id = cention.new_errand()
        own = settings(database, broker, cention.root, collecting.url)
        migrate = [sys.executable, "-m", "workers.cli", "migrate"]
        subprocess.run(migrate, cwd=ROOT, env=os.environ | own, check=True, capture_output=True)
        with (tmp_path / "worker.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", *WORKER], cwd=ROOT, env=os.environ | own, stderr=log
            )
        try:
            with serving(tmp_path, own) as receiver:
                headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "baggage": "who=somebody"}
                body = callback(document, errand_id)
                posted = requests.post(receiver.callbacks, body, headers=headers, timeout=10)
                assert posted.status_code == 200
                for path in ("/s/a-token-of-a-customer", "/x/s/a-token-of-a-customer"):
                    assert receiver.get(f"{path}?who=somebody").status_code == 404
                trace = eventually(lambda: whole(collecting.spans()), within_s=120.0)
                eventually(lambda: {"GET /s/<token>", "GET"} <= names_of_pages(collecting.spans()))
        finally:
            worker.terminate()
            worker.wait(60)

    assert [span.name for span in trace if not span.parent_id] == [ROOT_SPAN]
    assert {span.service for span in trace} == {"cention-receiver", "cention-worker"}
    assert {"nudge", "run/callbacks.file", "run/drain", "commit callbacks"} <= {
        span.name for span in trace
    }
    [errand] = run_query(database, "SELECT * FROM cention.errand")
    [answer] = run_query(database, "SELECT * FROM cention.answer")
    sent = b"".join(collecting.bodies)
    texts = [text for text in (*errand.values(), *answer.values()) if isinstance(text, str)]
    assert errand["from_address"]
    for text in (*texts, SECRET, TOKEN, "a-token-of-a-customer", "somebody", "127.0.0.1", "a" * 32):
        if len(text) > 4:  # the name of the workspace may be there
            assert text.encode() not in sent, text
    for statement in (b"SELECT", b"VALUES", b"ON CONFLICT"):
        assert statement not in sent
    assert {(span.events, span.status_text) for span in collecting.spans()} == {(0, "")}


def test_a_process_ends_before_a_collector_that_never_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        own = settings("", "", "http://127.0.0.1:1", f"http://{host}:{port}")
        own["OTEL_EXPORTER_OTLP_TIMEOUT"] = "600"
        done = run_program(ENDS, own)
        silent.settimeout(60)
        connection, _ = silent.accept()
        with connection:
            sent = b"".join(iter(lambda: connection.recv(65536), b""))

    assert b"POST /first" in sent
    assert done.stdout == "True\n"


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:1"], ids=["off", "on"])
def test_nothing_of_it_is_imported_unless_an_endpoint_is_set(endpoint):
    own = settings(
        "postgresql://127.0.0.1:1/x", "redis://127.0.0.1:1", "http://127.0.0.1:1", endpoint
    )
    done = run_program(IMPORTED, own)

    assert bool(int(done.stdout)) == bool(endpoint)


def test_a_nudge_for_several_callbacks_is_in_the_trace_of_one_and_has_links_to_the_others():
    with collector() as collecting:
        own = settings("", "", "http://127.0.0.1:1", collecting.url)
        run_program(TOGETHER, own)
        spans = {span.name: span for span in collecting.spans()}

    first, second, nudge = spans["POST /first"], spans["POST /second"], spans["nudge"]
    assert first.trace_id != second.trace_id
    assert (nudge.trace_id, nudge.parent_id) == (first.trace_id, first.span_id)
    assert nudge.links == (second.span_id,)


def test_a_wrong_header_for_the_collector_is_reported_and_not_quoted():
    with collector() as collecting:
        own = settings("", "", "http://127.0.0.1:1", collecting.url)
        own["OTEL_EXPORTER_OTLP_HEADERS"] = "Authorization: Bearer s3cret"
        done = run_program(TOGETHER, own)

    assert "Header format invalid" in done.stderr
    assert "s3cret" not in done.stderr
