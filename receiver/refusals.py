"""What is told to those whose request cannot be read as one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from gunicorn.http import errors

from receiver.errors import MEDIA_TYPE, error_object

_STATUSES: Mapping[type[Exception], HTTPStatus] = MappingProxyType(
    {
        errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
        errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
        errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    }
)


def status_of(error: Exception) -> HTTPStatus:
    """Return the status for what gunicorn's parser raised.

    The error's own text is not for telling: it quotes the request, where a secret may be.
    """
    return _STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)


def refusal(status: HTTPStatus) -> bytes:
    """Return a whole answer, after which the connection is closed."""
    error = error_object(status.value, title=status.phrase, detail=status.phrase)
    body = json.dumps({"errors": [error]}).encode()
    head = (
        f"HTTP/1.1 {int(status)} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
