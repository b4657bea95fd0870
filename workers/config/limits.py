"""Limits on which several parts of the bridge agree."""

from __future__ import annotations

TCP_USER_TIMEOUT_S = 30.0  # unacknowledged data ends the connection after this
MIN_SECRET_LENGTH = 16  # characters of secrets that others send to us
CALLBACK_MAX_BYTES = 10 * 1024 * 1024  # html_body of a callback holds the whole quoted thread
