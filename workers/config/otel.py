"""What traces need of OpenTelemetry. Imported by ``tracing``, and only where traces are wanted."""

from __future__ import annotations

import atexit
import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.celery import CeleryGetter, CeleryInstrumentor
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.propagators import textmap
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util import re as env_headers

from workers.config.tracing import TraceContext

# All other attributes are left out: they hold statements, addresses, hosts, URLs and errors' texts.
SENT = frozenset(
    (
        "http.method",
        "http.request.method",
        "http.route",
        "http.status_code",
        "http.response.status_code",
        "error.type",
        "db.system",
        "db.system.name",
        "celery.action",
        "celery.state",
        "celery.task_name",
        "messaging.destination",
        "messaging.destination.name",
    )
)
STATEMENTS = ("db.statement", "db.query.text")
END_WITHIN_S = 3.0  # a process does not wait longer for a collector that hangs
_WRITES = re.compile(
    r"\b(INSERT +INTO|UPDATE|DELETE +FROM) ((?:intake|cention|feedback|analyst)\.[a-z_]+)"
)


class MessagePropagator(textmap.TextMapPropagator):
    """Propagates a trace in messages to the workers, and nowhere else.

    What callers of the receiver send is not taken, and Cention and vendors are sent nothing.
    """

    def __init__(self) -> None:
        self._headers = TraceContextTextMapPropagator()

    def extract(
        self,
        carrier: textmap.CarrierT,
        context: Context | None = None,
        getter: textmap.Getter[textmap.CarrierT] = textmap.default_getter,
    ) -> Context:
        """Return the context that a message brings."""
        if not isinstance(getter, CeleryGetter):
            return context if context is not None else Context()
        return self._headers.extract(carrier, context, getter)

    def inject(
        self,
        carrier: textmap.CarrierT,
        context: Context | None = None,
        setter: textmap.Setter[textmap.CarrierT] = textmap.default_setter,
    ) -> None:
        """Put the context into the headers of a message; those of HTTP are no plain ``dict``."""
        if isinstance(carrier, dict):
            self._headers.inject(carrier, context, setter)

    @property
    def fields(self) -> set[str]:
        """The names of the headers."""
        return self._headers.fields


class RedactingExporter(SpanExporter):
    """Sends spans without anything that persons or secrets can be in."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; what fails is logged by the library, and nothing waits for it."""
        return self._exporter.export([_redacted(span) for span in spans])

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what is not sent yet."""
        return self._exporter.force_flush(timeout_millis)


def _redacted(span: ReadableSpan) -> ReadableSpan:
    attributes = span.attributes or {}
    return ReadableSpan(
        name=_name_of(span, attributes),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in attributes.items() if name in SENT},
        links=[trace.Link(link.context) for link in span.links],
        kind=span.kind,
        status=trace.Status(span.status.status_code),  # without its text
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _name_of(span: ReadableSpan, attributes: Mapping[str, Any]) -> str:
    """Return the name of a span; of a statement what it writes to, or that it reads.

    Of a request that no route answers, the library's own name has the path: only the method stays.
    """
    if span.kind is trace.SpanKind.SERVER and "http.route" not in attributes:
        return span.name.partition(" ")[0]
    statement = next((str(attributes[one]) for one in STATEMENTS if one in attributes), None)
    if statement is None:
        return span.name
    written = _WRITES.search(statement)
    return f"{written[1]} {written[2]}" if written else "SQL"


def _without_values(record: logging.LogRecord) -> bool:
    """Keep what a line of the log quotes out of it."""
    record.args = ("(not shown)",)
    return True


class _RequestSpan:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def current(self) -> AbstractContextManager[Any]:
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def end(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


class Traces:
    """The traces of this process. OTEL_… variables configure the library (its documentation)."""

    def __init__(self, service: str) -> None:
        # It quotes OTEL_EXPORTER_OTLP_HEADERS where that is wrong, which may hold a key.
        logging.getLogger(env_headers.__name__).addFilter(_without_values)
        name = os.environ.get("OTEL_SERVICE_NAME") or service
        self._provider = TracerProvider(
            resource=Resource.create({SERVICE_NAME: name}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(RedactingExporter(OTLPSpanExporter())))
        trace.set_tracer_provider(self._provider)
        propagate.set_global_textmap(MessagePropagator())
        self._tracer = self._provider.get_tracer("cention")
        CeleryInstrumentor().instrument()
        PsycopgInstrumentor().instrument()
        RequestsInstrumentor().instrument()
        AioHttpClientInstrumentor().instrument()
        self._ending = threading.Event()
        # Begun now: from Python 3.12 on a process that is ending begins no thread.
        self._end = threading.Thread(target=self._shut_down, name="end of traces", daemon=True)
        self._end.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Send what is not sent yet, for ``END_WITHIN_S`` at most; what then remains is dropped."""
        self._ending.set()
        self._end.join(END_WITHIN_S)

    def _shut_down(self) -> None:
        """Wait for the end, and for the library, which gives a collector 30 s and more."""
        self._ending.wait()
        self._provider.shutdown()

    def trace_pages(self, app: Any, *, except_paths: Iterable[str]) -> None:
        """Trace the requests that a Flask application answers, except those to some paths."""
        FlaskInstrumentor.instrument_app(app, excluded_urls=",".join(except_paths))

    def begin_request(self, route: str) -> _RequestSpan:
        """Begin the span of a POST to ``route``."""
        attributes = {"http.request.method": "POST", "http.route": route}
        return _RequestSpan(
            self._tracer.start_span(
                f"POST {route}",
                context=Context(),
                kind=trace.SpanKind.SERVER,
                attributes=attributes,
            )
        )

    def context(self) -> TraceContext | None:
        """Return where this thread is in a trace; ``None`` if it is in none."""
        found = trace.get_current_span().get_span_context()
        return found if found.is_valid else None

    @contextmanager
    def span(self, name: str, *, after: Iterable[TraceContext | None]) -> Iterator[None]:
        """Yield within the span of work that ``after`` asked for together."""
        causes = [one for one in after if isinstance(one, trace.SpanContext)]
        parent = Context()
        if causes:
            parent = trace.set_span_in_context(trace.NonRecordingSpan(causes[0]), parent)
        links = [trace.Link(one) for one in causes[1:]]
        with self._tracer.start_as_current_span(
            name, context=parent, links=links, record_exception=False
        ):
            yield
