"""Fixtures: the web application with parts that only record their calls."""

from __future__ import annotations

from tests.support.receiver_app import (
    callback,
    client,
    make_client,
    make_settings,
    notified,
    stored,
)

__all__ = ["callback", "client", "make_client", "make_settings", "notified", "stored"]
