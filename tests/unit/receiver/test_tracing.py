"""What is told about traces: where a callback, a commit and a nudge are in them."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from queue import Queue
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from receiver.group_commit import GroupCommit
from receiver.notifier import WorkerNotifier
from tests.support import receiver_app
from tests.support.receiver_app import InstantStore, new_callback
from workers.config import tracing


class Traces:
    """Records spans; each thread is in the context that a test gives it."""

    def __init__(self):
        self.here = threading.local()
        self.spans = Queue()
        self.ended = []

    def context(self):
        return getattr(self.here, "context", None)

    @contextmanager
    def span(self, name, *, after):
        self.spans.put((name, list(after)))
        yield

    def begin_request(self, route):
        return RequestSpan(self, route)

    @contextmanager
    def within(self, context):
        self.here.context = context
        yield
        self.here.context = None


class RequestSpan:
    def __init__(self, traces, route):
        self.traces = traces
        self.route = route

    def current(self):
        return self.traces.within(self.route)

    def end(self, status):
        self.traces.ended.append((self.route, status))


class Blocked:
    """Work whose first call lasts until the test ends it."""

    def __init__(self):
        self.began = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, _):
        self.began.set()
        assert self.may_end.wait(30)


@pytest.fixture
def traces(monkeypatch):
    found = Traces()
    monkeypatch.setattr(tracing, "_traces", found)
    return found


def test_a_nudge_tells_all_callbacks_that_it_is_for(traces):
    send = Blocked()
    notifier = WorkerNotifier(send, may_send=lambda: True, describe=repr)
    for context in ("first", "second", "third"):
        with traces.within(context):
            notifier.notify("demo")
        assert send.began.wait(30)

    assert traces.spans.get(timeout=30) == ("nudge", ["first"])
    send.may_end.set()
    assert traces.spans.get(timeout=30) == ("nudge", ["second", "third"])


def test_a_commit_tells_all_callbacks_that_are_written_with_it(traces):
    write = Blocked()
    committer = GroupCommit(write, abort=write.may_end.set)
    commits = []
    for number, context in enumerate(("first", "second", "third")):
        with traces.within(context):
            commits.append(committer.submit(new_callback(number), size_bytes=1))
        assert write.began.wait(30)

    assert traces.spans.get(timeout=30) == ("commit callbacks", ["first"])
    write.may_end.set()
    assert [commit.result(30) for commit in commits] == [None] * 3
    assert traces.spans.get(timeout=30) == ("commit callbacks", ["second", "third"])


class Notified(list):
    """Records in which context a worker was notified."""

    def __init__(self, traces):
        self.traces = traces

    def append(self, _):
        super().append(("notify", self.traces.context()))


@pytest.fixture
def notified(traces):
    return Notified(traces)


def test_a_callback_is_stored_and_its_nudge_asked_for_within_its_span(
    traces, make_client, callback, notified, monkeypatch
):
    def begin_to_store(*given, **named):
        list.append(notified, ("store", traces.context()))
        return InstantStore(*given, **named)

    monkeypatch.setattr(receiver_app, "InstantStore", begin_to_store)

    make_client().post("/callbacks/demo", json=callback)

    route = "/callbacks/<workspace>"
    assert notified == [("store", route), ("notify", route)]
    assert traces.ended == [(route, 200)]
    assert traces.context() is None


@pytest.mark.parametrize("path", ["/callbacks/nobody", "/callbacks/a/b", "/callbacks"])
def test_a_refusal_ends_its_span_and_names_no_path(traces, client, path):
    client.post(path, json={})

    assert traces.ended == [("/callbacks/<workspace>", 404)]


def test_without_traces_there_are_no_contexts_and_nothing_is_recorded():
    assert tracing.context() is None
    with tracing.span("work", after=[None]), tracing.begin_request("/x").current():
        pass


def test_a_missing_package_is_named_and_stops_nothing(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "workers.config.otel", None)
    with capture_logs() as logged:
        tracing.start("cention-receiver")

    [line] = logged
    assert (line["log_level"], line["event"]) == ("error", "no traces are sent")
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is set, but" in line["reason"]
    assert line["action"] == "pip install --require-hashes -r deploy/requirements-otel.lock"
    assert tracing.context() is None


def test_a_wrong_variable_of_the_library_stops_nothing_and_is_not_quoted(monkeypatch):
    def refuse(_):
        raise ValueError("OTEL_EXPORTER_OTLP_HEADERS=a-secret")

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "workers.config.otel", SimpleNamespace(Traces=refuse))
    with capture_logs() as logged:
        tracing.start("cention-receiver")

    [line] = logged
    assert (line["event"], line["reason"]) == ("no traces are sent", "ValueError")
    assert "secret" not in repr(line)
    assert tracing.context() is None
