"""Limits on which several parts of the bridge agree."""

from __future__ import annotations

TCP_USER_TIMEOUT_S = 30.0  # unacknowledged data ends the connection after this
MIN_SECRET_LENGTH = 16  # characters of secrets that others send to us
