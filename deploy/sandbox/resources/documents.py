"""JSON:API documents of lists, ratings, files, errors and callbacks."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable
from typing import Any

from deploy.sandbox.world.files import content_of
from deploy.sandbox.world.records import AREA_ARCHIVES, Answer, Callback, File, FileKey, Rating

DIRTY_ERRANDS = "c3_dirty_errand_list"
DIRTY_RATINGS = "c3_dirty_facebook_ratings"
RATINGS = "c3_facebook_ratings"


def resource(type_: str, id_: int, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a document of one resource with ``attributes``."""
    return {"data": {"type": type_, "id": str(id_), "attributes": attributes}}


def dirty_errands(errand_ids: Iterable[int]) -> dict[str, Any]:
    """Return the list of changed errands; an empty one has no attributes."""
    ids = list(errand_ids)
    data: dict[str, Any] = {"type": DIRTY_ERRANDS, "id": "0"}
    if ids:
        data["attributes"] = {"errands": ids}
    return {"data": data}


def dirty_ratings(rating_ids: Iterable[int]) -> dict[str, Any]:
    """Return the list of changed ratings; an empty one has null as ``data``."""
    listed = [{"type": DIRTY_RATINGS, "id": str(rating_id)} for rating_id in rating_ids]
    return {"data": listed or None}


def rating_attributes(rating: Rating) -> dict[str, Any]:
    """Return ``data.attributes`` of a rating, whose values are nested in another ``data``."""
    return {"c3_id": rating.rating_id, "data": rating_values(rating)}


def rating_values(rating: Rating) -> dict[str, Any]:
    """Return the values of a rating, under Cention's names."""
    return {
        "isChanged": False,
        "message": rating.message,
        "rating": rating.stars,
        "ratingId": rating.rating_id,
        "reviewerId": rating.reviewer_id,
        "reviewerName": rating.reviewer_name,
        "timestampCreated": rating.created_at,
    }


def file_attributes(file: File) -> dict[str, Any]:
    """Return ``data.attributes`` of a file; every third has line breaks in its base64."""
    content = content_of(file)
    wrapped = file.key.file_id % 3 == 0
    text = base64.encodebytes(content) if wrapped else base64.b64encode(content)
    attachment: dict[str, Any] = {
        "c3_id": file.key.file_id,
        "content_type": file.content_type,
        "name": file.name,
        "content": text.decode("ascii"),
    }
    if file.key.type == AREA_ARCHIVES:
        attachment["content_id"] = str(file.key.file_id)
    return {"attachment": attachment}


def callback_document(
    callback: Callback, *, secret: str, rng: random.Random, odd_links: bool = False
) -> dict[str, Any]:
    """Return an answer callback; the order of ``included`` is random in each call.

    Every file has ``links.self.href``, which Cention's own receiver needs. With ``odd_links``, some
    have a text instead, and some no links.
    """
    errand_id = str(callback.errand.errand_id)
    files = (_file_resource(key, odd_links=odd_links) for key in callback.answer.files)
    included = [_answer_resource(callback), *files]
    rng.shuffle(included)
    return {
        "data": {
            "type": "c3_callback_answer_errands",
            "id": str(callback.callback_id),
            "attributes": {"event": 1},
            "relationships": {"errand": {"data": {"type": "c3_answer_errands", "id": errand_id}}},
        },
        "included": included,
        **({"meta": {"api_secret": secret}} if secret else {}),
    }


def _answer_resource(callback: Callback) -> dict[str, Any]:
    answer, person, service = callback.answer, callback.person, callback.service
    found = {
        "type": "c3_answer_errands",
        "id": str(callback.errand.errand_id),
        "attributes": {
            "answer": {
                "c3_id": answer.answer_id,
                "response": {
                    "body": answer.body,
                    "c3_id": answer.response_id,
                    "html_body": _html_body(answer, callback.errand.errand_id),
                    "subject": answer.subject,
                    "to": [
                        {
                            "c3_id": answer.recipient_id,
                            "email_address": person.address,
                            "name": person.name,
                        }
                    ],
                },
            },
            "c3_id": callback.errand.errand_id,
            "service": {"c3_id": service.item_id, "name": service.name, "type": service.kind},
        },
    }
    relationships = {
        "attachments": [key for key in answer.files if key.type != AREA_ARCHIVES],
        "embedded_archives": [key for key in answer.files if key.type == AREA_ARCHIVES],
    }
    linked = {name: {"data": _linkage(keys)} for name, keys in relationships.items() if keys}
    if linked:
        found["relationships"] = linked
    return found


def _linkage(keys: Iterable[FileKey]) -> list[dict[str, str]]:
    return [{"type": key.type, "id": str(key.file_id)} for key in keys]


def _file_resource(key: FileKey, *, odd_links: bool) -> dict[str, Any]:
    address = f"http://localhost/capi/json/{key.type}/{key.file_id}"
    by_turns: tuple[dict[str, Any], ...] = (
        {"links": {"self": {"href": address}}},
        {"links": {"self": address}},
        {},
    )
    return {
        "type": key.type,
        "id": str(key.file_id),
        "attributes": {"c3_id": key.file_id},
        **by_turns[key.file_id % 3 if odd_links else 0],
    }


def _html_body(answer: Answer, errand_id: int) -> str:
    images = "".join(
        f'<img src="cid:{key.file_id}" />'
        if key.type == AREA_ARCHIVES
        else f'<img alt="" src="cid:attachment_{key.file_id}" />'
        for key in answer.files
    )
    meter = f"http://localhost/errands/satisfaction/meter/-/answer/{answer.answer_id:x}"
    return (
        f'<div style="font-family:Verdana;"><p>{answer.body}</p>{images}'
        f'<a href="{meter}/good">good</a> <a href="{meter}/bad">bad</a><br />'
        f"--- Original message ---<br />\r\nErrand: #{errand_id}-1</div>"
    )
