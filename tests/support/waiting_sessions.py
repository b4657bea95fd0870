"""Sessions that wait for their vendor, without a database."""

from __future__ import annotations

from typing import Any

from workers.surveys.store.conversations import WaitingSession

NEW: dict[str, Any] = {
    "session_id": 1,
    "state": "open",
    "remote_id": None,
    "rules_version": 1,
    "asked": [],
    "tries": 0,
    "has_context": False,
    "waited_s": 10.0,
    "answers": [],
}


def centracx_session(**changes: Any) -> WaitingSession:
    """Return a new survey of CentraCX with these changes."""
    return WaitingSession(
        **NEW | {"vendor": "centracx", "verified": True, "survey": {"id": 2}} | changes
    )


def alvaria_session(**changes: Any) -> WaitingSession:
    """Return a new chat of Alvaria with these changes."""
    known = {"vendor": "alvaria", "remote_id": "dialog", "verified": False, "survey": None}
    return WaitingSession(**NEW | known | changes)
