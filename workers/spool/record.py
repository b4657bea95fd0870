"""The record of a callback in the spool: the content of one file. There is no other format."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from workers.sync.store.callbacks import NewCallback

FIRST_YEAR = 1970  # of every clock; a year before 1 could not be read from Postgres any more


class CorruptSpoolFile(ValueError):
    """The file is not a callback: the disk failed, or another program wrote it."""


def dump(callback: NewCallback) -> bytes:
    """Return ``callback`` as JSON in ASCII, which can hold lone surrogates and huge integers."""
    return json.dumps(to_json(callback), separators=(",", ":")).encode("ascii")


def to_json(callback: NewCallback) -> dict[str, Any]:
    """Return the record of ``callback``: one JSON object with a member for each field."""
    return {
        "workspace": callback.workspace,
        "received_at": callback.received_at.isoformat(),
        "event": callback.event,
        "remote_id": callback.remote_id,
        "body_sha256": callback.body_sha256.hex(),
        "document": callback.document,
        "problem": callback.problem,
    }


def load(content: bytes) -> NewCallback:
    """Return the callback in ``content``. Raises ``CorruptSpoolFile``, without quoting it."""
    try:
        return _callback(json.loads(content))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CorruptSpoolFile("The file is not a callback.") from None


def _callback(found: dict[str, Any]) -> NewCallback:
    callback = NewCallback(
        workspace=_of(str, found["workspace"]),
        received_at=datetime.fromisoformat(found["received_at"]),
        event=_of(int | None, found["event"]),
        remote_id=_of(int | None, found["remote_id"]),
        body_sha256=bytes.fromhex(found["body_sha256"]),
        document=_of(dict, found["document"]),
        problem=_of(str | None, found["problem"]),
    )
    if callback.received_at.tzinfo is None or callback.received_at.year < FIRST_YEAR:
        raise ValueError("received_at has no offset, or no clock ever showed it")
    return callback


def _of(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError
    return value
