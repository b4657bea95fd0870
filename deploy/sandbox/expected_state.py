"""What the sandbox knows to be true, for tests to compare a database with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson

from deploy.sandbox.resources.documents import rating_values
from deploy.sandbox.resources.reports import sla_of, subject_of
from deploy.sandbox.world.records import AREA_ARCHIVES, Callback, Errand, File, Rating
from deploy.sandbox.world.world import World

T = TypeVar("T")
AT_ONE_GO = 500


async def whole_truth(world: World) -> dict[str, Any]:
    """Return the present state of everything; ids are the keys, as strings.

    Other requests get their turn in between, so with a running clock the parts may be of
    different moments; each part is right in itself.
    """
    return {
        "errands": await _in_turns(world.errands, lambda one: errand_truth(world, one)),
        "ratings": await _in_turns(world.ratings, lambda one: rating_truth(world, one)),
        "attachments": [file_truth(file) for file in world.files.values()],
        "callbacks": await _in_turns(world.callbacks, callback_truth),
    }


async def _in_turns(
    records: Mapping[int, T], tell: Callable[[T], dict[str, Any]]
) -> orjson.Fragment:
    """Write one JSON object out of many records without holding up the event loop."""
    pieces = []
    numbered = list(records.items())
    for start in range(0, len(numbered), AT_ONE_GO):
        some = numbered[start : start + AT_ONE_GO]
        pieces.append(orjson.dumps({str(number): tell(record) for number, record in some})[1:-1])
        await asyncio.sleep(0)
    return orjson.Fragment(b"{" + b",".join(pieces) + b"}")


def errand_truth(world: World, errand: Errand) -> dict[str, Any]:
    """Return the facts of one errand; ``sla`` is what it is once it is no longer null."""
    return {
        "errand_id": errand.errand_id,
        "version": errand.version,
        "dirty": errand.errand_id in world.dirty_errands,
        "gone": errand.gone,
        "subject": subject_of(errand),
        "actions": len(errand.actions),
        "last_action_id": errand.actions[-1].action_id,
        "closed": errand.closed_at is not None,
        "deleted": errand.deleted,
        "answered": errand.answered_at is not None,
        "area_id": errand.area.item_id,
        "organisation_id": errand.area.organisation.item_id,
        "agent_id": errand.agent.item_id,
        "service_id": errand.service.item_id,
        "tags": [tag.item_id for tag in errand.tags],
        "to": errand.to,
        "copies": errand.copies,
        "arrived_at": errand.arrived_at,
        "answered_at": errand.answered_at,
        "closed_at": errand.closed_at,
        "sla": sla_of(errand),
        "sla_known_at": errand.sla_known_at,
    }


def rating_truth(world: World, rating: Rating) -> dict[str, Any]:
    """Return the facts of one rating, under Cention's names, with its version."""
    return {
        "version": rating.version,
        "dirty": rating.rating_id in world.dirty_ratings,
        **rating_values(rating),
    }


def file_truth(file: File) -> dict[str, Any]:
    """Return what the bytes of one file must be."""
    return {
        "type": file.key.type,
        "id": file.key.file_id,
        "name": file.name,
        "content_type": file.content_type,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
    }


def callback_truth(callback: Callback) -> dict[str, Any]:
    """Return what one callback tells, and how far it has come."""
    answer, person = callback.answer, callback.person
    return {
        "callback_id": callback.callback_id,
        "errand_id": callback.errand.errand_id,
        "answer_id": answer.answer_id,
        "response_id": answer.response_id,
        "subject": answer.subject,
        "body_text": answer.body,
        "service_id": callback.service.item_id,
        "service_name": callback.service.name,
        "recipients": [[str(answer.recipient_id), person.address, person.name]],
        "attachments": [key.file_id for key in answer.files if key.type != AREA_ARCHIVES],
        "archives": [key.file_id for key in answer.files if key.type == AREA_ARCHIVES],
        "tries": callback.tries,
        "accepted": callback.accepted,
        "last_status": callback.last_status,
    }
