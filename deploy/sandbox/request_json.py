"""Reads the JSON of control requests, and makes their JSON responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import web


def json_response(value: Any, *, status: int = 200) -> web.Response:
    """Return ``value`` as a JSON response."""
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


def control_error(
    reason: str, kind: Callable[..., web.HTTPError] = web.HTTPBadRequest
) -> web.HTTPError:
    """Return an exception that makes an error response with ``reason``."""
    body = orjson.dumps({"error": reason}).decode()
    return kind(text=body, content_type="application/json")


async def read_request_json(request: web.Request, *keys: str) -> Mapping[str, Any]:
    """Return the JSON object in the body; an empty body is an empty object.

    ``keys``, if given, are the only keys allowed. Raises the error response.
    """
    try:
        body = orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError as error:
        raise control_error("the body is not JSON") from error
    if not isinstance(body, dict) or (keys and body.keys() - set(keys)):
        raise control_error(f"the body must be an object with some of: {', '.join(keys)}")
    return body


def read_number(
    body: Mapping[str, Any], key: str, *, default: float, minimum: float = 0, maximum: float
) -> float:
    """Return the number under ``key``, or ``default``. Raises the error response."""
    value = body.get(key, default)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not minimum <= value <= maximum
    ):
        raise control_error(f"{key} must be a number from {minimum} to {maximum}")
    return value


def read_id(value: Any) -> int:
    """Return an id. Raises the error response."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise control_error("an id must be a number") from None
