"""``POST /callbacks/<workspace>``: read, check the secret, keep, answer, and have it looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    NotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
    Unauthorized,
)

from receiver import envelope
from receiver.announcing import Announce
from receiver.envelope import NotADocument, Sealed, Secrets
from receiver.keeping import Keep, NotKept
from receiver.late import LateResponse, Pending
from receiver.metrics import counted
from schemas.cention.callbacks import Callback, read_callback
from schemas.errors import DocumentError
from workers.sync.store.callbacks import NewCallback

BODY_MAX_BYTES = 10 * 1024 * 1024  # html_body holds the whole quoted thread
RETRY_AFTER_S = 5
THANKS = b'{"status":"ok"}'

log = structlog.get_logger(__name__)


def blueprint(secrets: Mapping[str, Secrets], *, keep: Keep, announce: Announce) -> Blueprint:
    """Build the door of the workspaces in ``secrets``; one without secrets asks for none."""
    door = Blueprint("callbacks", __name__)

    @door.post("/callbacks/<workspace>", provide_automatic_options=False)
    @counted
    def receive(workspace: str) -> Response:
        """Answer 200 once the callback is committed, whether or not a worker is awake."""
        if workspace not in secrets:
            raise NotFound
        received_at = datetime.now(UTC)
        sealed = _sealed(secrets[workspace])
        callback, error = _read(sealed.document)
        if error is not None:
            log.warning("callback not understood", workspace=workspace, faults=len(error.faults))
        kept = keep(
            NewCallback(
                workspace=workspace,
                received_at=received_at,
                event=callback.event if callback else None,
                remote_id=callback.remote_id if callback else None,
                body_sha256=sealed.sha256,
                document=sealed.document,
                problem=str(error) if error else None,
            ),
            size_bytes=sealed.size_bytes,
        )

        def confirm() -> None:
            _confirm(kept)
            if error is not None:
                raise error
            announce(workspace)

        return LateResponse(THANKS, "application/json", pending=kept, confirm=confirm)

    return door


def _confirm(kept: Pending) -> None:
    try:
        kept.confirm()
    except NotKept:
        raise ServiceUnavailable("Please send it again.", retry_after=RETRY_AFTER_S) from None


def _sealed(secrets: Secrets) -> Sealed:
    """Return the document of this request as it may be kept."""
    try:
        document = envelope.read_body(_body())
        if secrets and not secrets.are_shown_by(document):
            raise Unauthorized("meta.api_secret is missing or wrong.")
        return envelope.seal(document, secrets)
    except NotADocument as error:
        raise BadRequest(str(error)) from None


def _body() -> bytes:
    """Return the whole body: a longer or a shorter one may be handed over cut, in silence."""
    length = request.content_length
    if length is not None and length > BODY_MAX_BYTES:
        raise RequestEntityTooLarge
    try:
        body = request.get_data(cache=False) if length is None else _announced(length)
    except HTTPException:
        raise
    except Exception:  # the server's own errors: a broken chunk, a sender that hung up
        raise BadRequest("The body broke off.") from None
    if len(body) > BODY_MAX_BYTES:
        raise RequestEntityTooLarge
    if length not in (None, len(body)):
        raise BadRequest("The body broke off.")
    return body


def _announced(length: int) -> bytes:
    """Return a body of known length as it came: half the work of ``request.get_data``."""
    return request.input_stream.read(length)


def _read(document: Mapping[str, Any]) -> tuple[Callback | None, DocumentError | None]:
    try:
        return read_callback(document), None
    except DocumentError as error:
        return None, error
