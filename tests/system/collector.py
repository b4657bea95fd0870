"""A collector of OpenTelemetry: takes traces by OTLP over HTTP, and keeps them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span as it was sent."""

    service: str
    trace_id: bytes
    span_id: bytes
    parent_id: bytes  # empty: it begins the trace
    name: str
    attributes: dict[str, str]
    links: tuple[bytes, ...]  # ids of spans
    events: int
    status_text: str


@dataclass(slots=True, kw_only=True)
class Collector:
    """What was sent."""

    url: str
    bodies: list[bytes] = field(default_factory=list)

    def spans(self) -> list[Span]:
        """Return all spans."""
        return [
            Span(
                service=_attributes(resource.resource)["service.name"],
                trace_id=one.trace_id,
                span_id=one.span_id,
                parent_id=one.parent_span_id,
                name=one.name,
                attributes=_attributes(one),
                links=tuple(link.span_id for link in one.links),
                events=len(one.events),
                status_text=one.status.message,
            )
            for body in list(self.bodies)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for one in scope.spans
        ]


def _attributes(holder) -> dict[str, str]:
    return {one.key: one.value.string_value or str(one.value) for one in holder.attributes}


@contextmanager
def collector() -> Iterator[Collector]:
    """Run a collector at a free port."""
    found = Collector(url="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                found.bodies.append(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
