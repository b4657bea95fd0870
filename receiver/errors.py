"""Every error leaves as a JSON:API error document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from schemas.errors import DocumentError
from workers.config.logs import where

MEDIA_TYPE = "application/vnd.api+json"
KEPT_HEADERS = ("Allow", "Retry-After")

log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Let ``app`` answer every error as a document."""
    app.register_error_handler(Exception, answer_to)


def answer_to(error: Exception) -> Response:
    """Return the document that tells of ``error``."""
    if isinstance(error, HTTPException):
        return _expected(error)
    if isinstance(error, DocumentError):
        return _not_understood(error)
    # Neither the message nor the traceback's values: both may quote the document.
    log.error("unexpected error", error=type(error).__name__, where=where(error))
    detail = "The request could not be worked on; the reason is in the log."
    return _response(500, [error_object(500, title="Internal Server Error", detail=detail)])


def _expected(error: HTTPException) -> Response:
    status = error.code or 500
    fault = error_object(status, title=error.name, detail=error.description or error.name)
    response = _response(status, [fault])
    for name, value in error.get_headers():
        if name in KEPT_HEADERS:
            response.headers[name] = value
    return response


def _not_understood(error: DocumentError) -> Response:
    return _response(
        422,
        [
            error_object(422, title="Unprocessable Content", detail=fault.detail)
            | {"source": {"pointer": fault.pointer}}
            for fault in error.faults
        ],
    )


def error_object(status: int, *, title: str, detail: str) -> dict[str, Any]:
    """Return an error object of JSON:API 1.0."""
    return {"status": str(status), "title": title, "detail": detail}


def _response(status: int, errors: Sequence[dict[str, Any]]) -> Response:
    return Response(json.dumps({"errors": errors}), status=status, mimetype=MEDIA_TYPE)
