"""Limits on which several parts of the bridge agree."""

from __future__ import annotations

TCP_USER_TIMEOUT_S = 30.0  # unacknowledged data ends the connection after this
