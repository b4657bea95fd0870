"""Reads the history of an errand.

Source: Cention Errand Report, ``actions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError

from schemas.jsonapi.document import open_document
from schemas.jsonapi.fields import ListOf, Scalar
from schemas.jsonapi.marshmallow_reader import ResourceSchema, read
from schemas.jsonapi.scalars import member, optional_id, required_id, text, unix_time
from schemas.text.timestamps import EPOCH, from_go_time, is_no_time


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandAction:
    """One line of an errand's history."""

    action_id: int
    note: str | None  # for people, in the language of the workspace
    origin: str | None  # the display name of the agent who did it
    happened_at: datetime | None  # aware, UTC; None if unknown


def read_action(action: Mapping[str, Any]) -> ErrandAction:
    """Read one action. ``time`` is used only where ``timeStamp`` is missing or 0.

    Raises marshmallow's ``ValidationError``.
    """
    happened_at = member(action, "timeStamp", unix_time)
    if happened_at is None:
        local = member(action, "time", _time)
        happened_at = local and local.astimezone(UTC)
    return ErrandAction(
        action_id=member(action, "id", required_id),
        note=member(action, "note", text),
        origin=member(action, "origin", text),
        happened_at=happened_at,
    )


def sorted_by_time(actions: tuple[ErrandAction, ...]) -> tuple[ErrandAction, ...]:
    """Return the actions by time and id, those of unknown time first.

    Of several with the same id, the last in the document is kept.
    """
    distinct = {action.action_id: action for action in actions}.values()
    return tuple(sorted(distinct, key=_order))


def action_offsets(document: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the UTC offsets, in seconds, of a report's actions, in the document's order.

    Actions whose ``time`` and ``timeStamp`` are different moments are left out.
    Raises ``DocumentError``.
    """
    offsets = read(_OffsetsSchema, open_document(document).primary)["actions"] or ()
    return tuple(offset for offset in offsets if offset is not None)


def _order(action: ErrandAction) -> tuple[bool, datetime, int]:
    return action.happened_at is not None, action.happened_at or EPOCH, action.action_id


def _time(value: object) -> datetime | None:
    moment = _go_time(value)
    if moment is None and not is_no_time(text(value)):
        raise ValidationError("must be a time such as 2015-07-16 20:50:17 +0800 MYT")
    return moment


def _go_time(value: object) -> datetime | None:
    return from_go_time(text(value))


def _offset(action: Mapping[str, Any]) -> int | None:
    local = member(action, "time", _go_time)
    if local is None or local != member(action, "timeStamp", unix_time):
        return None
    offset = local.utcoffset()
    return None if offset is None else int(offset.total_seconds())


class _OffsetsSchema(ResourceSchema):
    id = Scalar(optional_id)
    actions = ListOf(_offset)
