"""The expected state: what a complete and fresh copy of the sandbox's data must contain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import orjson

from deploy.sandbox.resources.documents import rating_values
from deploy.sandbox.resources.reports import sla_of, subject_of
from deploy.sandbox.world.records import AREA_ARCHIVES, Callback, Errand, File, Rating
from deploy.sandbox.world.world import World

T = TypeVar("T")
BATCH_SIZE = 500


async def expected_state(world: World) -> dict[str, Any]:
    """Return the present state of all records, by id as a string.

    Other requests are served in between, so while changes go on the records may be of different
    moments; each record is consistent.
    """
    return {
        "errands": await _in_turns(_errands(world), lambda one: expected_errand(world, one)),
        "ratings": await _in_turns(
            list(world.ratings.items()), lambda one: expected_rating(world, one)
        ),
        "attachments": [expected_file(file) for file in world.files.values()],
        "callbacks": await _in_turns(list(world.callbacks.items()), expected_callback),
    }


def _errands(world: World) -> Iterator[tuple[int, Errand]]:
    """Yield all errands with their ids: those of the history, and those that arrived since."""
    for day in sorted(world.history.all_days()):
        yield from ((errand.errand_id, errand) for errand in world.history_of(day))
    yield from [(errand_id, world.errands[errand_id]) for errand_id in world.errand_order]


async def _in_turns(
    records: Iterable[tuple[int, T]], to_dict: Callable[[T], dict[str, Any]]
) -> orjson.Fragment:
    """Return one JSON object of many records, written without blocking the event loop."""
    pieces = []
    numbered = iter(records)
    while some := list(islice(numbered, BATCH_SIZE)):
        pieces.append(orjson.dumps({str(number): to_dict(record) for number, record in some})[1:-1])
        await asyncio.sleep(0)
    return orjson.Fragment(b"{" + b",".join(pieces) + b"}")


def expected_errand(world: World, errand: Errand) -> dict[str, Any]:
    """Return the state of one errand; ``sla`` is its value once it is no longer null."""
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


def expected_rating(world: World, rating: Rating) -> dict[str, Any]:
    """Return the state of one rating, under Cention's names, with its version."""
    return {
        "version": rating.version,
        "dirty": rating.rating_id in world.dirty_ratings,
        **rating_values(rating),
    }


def expected_file(file: File) -> dict[str, Any]:
    """Return the metadata and digest of one file."""
    return {
        "type": file.key.type,
        "id": file.key.file_id,
        "name": file.name,
        "content_type": file.content_type,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
    }


def expected_callback(callback: Callback) -> dict[str, Any]:
    """Return the contents of one callback, and the state of its delivery."""
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
