"""Answers every error with a JSON:API error document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from schemas.errors import DocumentError
from schemas.jsonapi import MEDIA_TYPE
from workers.config.logs import stack_without_values

COPIED_HEADERS = ("Allow", "Retry-After")

log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Let ``app`` answer every error with an error document."""
    app.register_error_handler(Exception, error_response)


def error_response(error: Exception) -> Response:
    """Return the response for ``error``: what it is, but nothing that could quote the request."""
    if isinstance(error, HTTPException):
        return _http_error(error)
    if isinstance(error, DocumentError):
        return _invalid_document(error)
    # Log neither the message nor the traceback's values: both may quote the document.
    log.error("unexpected error", error=type(error).__name__, where=stack_without_values(error))
    detail = "The request failed; the log of the receiver has the reason."
    return _response(500, [_error_object(500, title="Internal Server Error", detail=detail)])


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    fault = _error_object(status, title=error.name, detail=error.description or error.name)
    response = _response(status, [fault])
    for name, value in error.get_headers():
        if name in COPIED_HEADERS:
            response.headers[name] = value
    return response


def _invalid_document(error: DocumentError) -> Response:
    return _response(
        422,
        [
            _error_object(422, title="Unprocessable Content", detail=fault.detail)
            | {"source": {"pointer": fault.pointer}}
            for fault in error.faults
        ],
    )


def error_document(status: int) -> bytes:
    """Return the error document for a status alone."""
    phrase = HTTPStatus(status).phrase
    return json.dumps({"errors": [_error_object(status, title=phrase, detail=phrase)]}).encode()


def _error_object(status: int, *, title: str, detail: str) -> dict[str, Any]:
    """Return an error object of JSON:API 1.0."""
    return {"status": str(status), "title": title, "detail": detail}


def _response(status: int, errors: Sequence[dict[str, Any]]) -> Response:
    return Response(json.dumps({"errors": errors}), status=status, mimetype=MEDIA_TYPE)
