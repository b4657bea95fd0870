"""``POST /callbacks/<workspace>``: check the secret, store, answer, notify a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Set
from datetime import UTC, datetime
from functools import cache, partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from prometheus_client import Counter
from werkzeug.datastructures import Headers
from werkzeug.exceptions import (
    BadRequest,
    NotFound,
    ServiceUnavailable,
    Unauthorized,
)

from receiver import canonical_json, metrics
from receiver.authentication import Secrets
from receiver.callback_size import CallbackLimit
from receiver.canonical_json import CanonicalCallback, InvalidBody
from receiver.durable_inbox import PendingStore, StorageUnavailable, StoreCallback
from receiver.errors import error_response
from receiver.notifier import Notify
from receiver.refusals import RefusalLog
from receiver.request_body import read_body
from schemas.cention.callbacks import Callback, read_callback
from schemas.errors import DocumentError
from workers.config import tracing
from workers.config.tracing import NO_SPAN, RequestSpan
from workers.sync.store.callbacks import NewCallback

PREFIX = "/callbacks/"
ROUTE = "/callbacks/<workspace>"
RETRY_AFTER_S = 5
ACCEPTED = b'{"status":"ok"}'
ACCEPTED_HEADERS = (("Content-Type", "application/json"), ("Content-Length", str(len(ACCEPTED))))


class DeferredResponse(Response):
    """A response whose status is known only when a callback has been stored.

    ``finish`` returns if the response stands; what it raises is answered instead.
    ``record_status`` gets the status in the end.
    """

    def __init__(
        self,
        pending: PendingStore,
        *,
        finish: Callable[[], None],
        record_status: Callable[[int], None],
    ) -> None:
        super().__init__(headers=Headers(ACCEPTED_HEADERS))
        self._pending = pending
        self._finish = finish
        self._record_status = record_status

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> DeferredBody:
        """Answer as WSGI prescribes, but start when the body is asked for, as PEP 3333 allows."""
        return DeferredBody(self._pending, lambda: self._answer(environ, start_response))

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterator[bytes]:
        try:
            self._finish()
        except Exception as error:
            response = error_response(error)
            self._record_status(response.status_code)
            yield from response(environ, start_response)
            return
        self._record_status(self.status_code)
        start_response(self.status, self.headers.to_wsgi_list())
        yield ACCEPTED


class DeferredBody:
    """The body of a deferred response. Iterating blocks until ``pending`` has its result.

    A server that knows this class can await ``pending.commit`` first: if that succeeds, nothing
    blocks.
    """

    def __init__(self, pending: PendingStore, answer: Callable[[], Iterator[bytes]]) -> None:
        self.pending = pending
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer()


def blueprint(
    secrets: Mapping[str, Secrets], *, limit: CallbackLimit, store: StoreCallback, notify: Notify
) -> Blueprint:
    """Build the route for the workspaces in ``secrets``; one without secrets requires none."""
    routes = Blueprint("callbacks", __name__)
    refusals = RefusalLog("callbacks refused")

    # A slash at the end is easily typed into Cention's form, and a refusal there is never seen.
    @routes.post("/callbacks/<workspace>/", provide_automatic_options=False)
    @routes.post("/callbacks/<workspace>", provide_automatic_options=False)
    def receive(workspace: str) -> Response:
        """Answer 200 once the callback is committed, whether or not a worker is awake."""
        known = workspace if workspace in secrets else ""
        span = tracing.begin_request(ROUTE)
        record_status = partial(_record, refusals, known, time.perf_counter(), span)
        try:
            with span.current():
                return accept(workspace, span, record_status)
        except Exception as error:
            response = error_response(error)
            record_status(response.status_code)
            return response

    @routes.post("/callbacks", provide_automatic_options=False)
    @routes.post("/callbacks/", provide_automatic_options=False)
    @routes.post("/callbacks/<workspace>/<path:_more>", provide_automatic_options=False)
    def refuse(workspace: str = "", _more: str = "") -> Response:
        """Answer 404: this is the address of no workspace."""
        return receive(workspace="")

    def accept(workspace: str, span: RequestSpan, record_status: Callable[[int], None]) -> Response:
        if workspace not in secrets:
            raise NotFound
        received_at = datetime.now(UTC)
        canonical = _canonical(secrets[workspace], limit)
        callback, error = _parse(canonical.document)
        pending = store(
            NewCallback(
                workspace=workspace,
                received_at=received_at,
                event=callback.event if callback else None,
                remote_id=callback.remote_id if callback else None,
                body_sha256=canonical.sha256,
                document=canonical.document,
                problem=str(error) if error else None,
            ),
            size_bytes=canonical.size_bytes,
        )

        def finish() -> None:
            _require_stored(pending)
            if error is not None:
                raise error
            with span.current():  # the answer may be sent by another thread
                notify(workspace)

        return DeferredResponse(pending, finish=finish, record_status=record_status)

    routes.before_app_request(partial(_record_unrouted, refusals, secrets.keys()))
    return routes


def _record_unrouted(refusals: RefusalLog, workspaces: Set[str]) -> None:
    """Count a callback with a wrong method, or to an address that is mistyped altogether."""
    error = request.routing_exception
    if error is None:
        return
    is_callback = request.path.startswith(PREFIX)
    if is_callback or request.method == "POST":
        name = request.path.removeprefix(PREFIX).rstrip("/")
        known = name if is_callback and name in workspaces else ""
        status = error.code or HTTPStatus.NOT_FOUND
        _record(refusals, known, time.perf_counter(), NO_SPAN, status)


def _record(
    refusals: RefusalLog, workspace: str, began: float, span: RequestSpan, status: int
) -> None:
    span.end(status)
    _answered(workspace, status).inc()
    metrics.DURATION.observe(time.perf_counter() - began)
    if status >= HTTPStatus.BAD_REQUEST:
        refusals.record(workspace, status, path=None if workspace else request.path)


@cache  # of known workspaces, and of the statuses that there are
def _answered(workspace: str, status: int) -> Counter:
    return metrics.CALLBACKS.labels(workspace, status)


def _require_stored(pending: PendingStore) -> None:
    try:
        pending.result()
    except StorageUnavailable:
        raise ServiceUnavailable("Please send it again.", retry_after=RETRY_AFTER_S) from None


def _canonical(secrets: Secrets, limit: CallbackLimit) -> CanonicalCallback:
    """Return the document of this request as it may be stored."""
    body = read_body(max_bytes=limit.arriving_max_bytes, is_too_large=limit.is_exceeded_by)
    try:
        document = canonical_json.read_body(body)
        if secrets and not secrets.verify(document):
            raise Unauthorized("meta.api_secret is missing or wrong.")
        return canonical_json.canonicalise(document, secrets)
    except InvalidBody as error:
        raise BadRequest(str(error)) from None


def _parse(document: Mapping[str, Any]) -> tuple[Callback | None, DocumentError | None]:
    try:
        return read_callback(document), None
    except DocumentError as error:
        return None, error
