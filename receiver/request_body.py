"""Reads the body of a request whole, or refuses it."""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge


def read_body(
    *, max_bytes: int, is_too_large: Callable[[bytes], bool] = lambda body: False
) -> bytes:
    """Return the whole body. A server may cut it without an error, so its length is checked.

    One of at most ``max_bytes`` may still be too large. A server may cut such a body, too.

    Raises ``RequestEntityTooLarge`` or ``BadRequest``.
    """
    length = request.content_length
    if length is not None and length > max_bytes:
        raise RequestEntityTooLarge
    try:
        body = request.get_data(cache=False) if length is None else _announced(length)
    except HTTPException:
        raise
    except Exception:  # the server's own errors: a broken chunk, a sender that hung up
        raise BadRequest("The body ended early.") from None
    if len(body) > max_bytes or is_too_large(body):
        raise RequestEntityTooLarge
    if length not in (None, len(body)):
        raise BadRequest("The body ended early.")
    return body


def _announced(length: int) -> bytes:
    """Return a body of known length as it came: half the work of ``request.get_data``."""
    return request.input_stream.read(length)
