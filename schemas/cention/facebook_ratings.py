"""Reads Facebook ratings of the page, and the list of ratings that changed.

Source: Cention Facebook Rating, ``GET c3_facebook_ratings/<id>`` and
``GET c3_dirty_facebook_ratings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.cention.changed_ids import ChangedIds, read_changed
from schemas.jsonapi.document import open_document
from schemas.jsonapi.fields import Nested, Scalar, required
from schemas.jsonapi.marshmallow_reader import ResourceSchema, read_typed
from schemas.jsonapi.scalars import optional_id, required_id, small_number, text, unix_time

__all__ = [
    "ChangedIds",
    "FacebookRating",
    "read_changed_facebook_ratings",
    "read_facebook_rating",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacebookRating:
    """One rating of the page."""

    rating_id: int
    rating: int | None  # stars, 1 to 5; None for a recommendation without stars
    message: str | None
    reviewer_id: int | None  # Facebook's id
    reviewer_name: str | None
    created_at: datetime | None  # aware, UTC


def read_facebook_rating(document: Mapping[str, Any]) -> FacebookRating:
    """Return the rating in ``document``.

    Raises ``NullResource`` for ``"data": null``, else ``DocumentError``.
    """
    found = read_typed(_FacebookRatingSchema, open_document(document).primary)
    return FacebookRating(rating_id=found["id"], **found["data"])


def read_changed_facebook_ratings(document: Mapping[str, Any]) -> ChangedIds:
    """Return the ids of the ratings that changed. Raises ``DocumentError``."""
    return read_changed(document, type_="c3_dirty_facebook_ratings", attribute=None)


def _stars(value: object) -> int | None:
    return small_number(value) or None


class _Rating(Nested):
    rating = Scalar(_stars)
    message = Scalar(text)
    reviewer_id = Scalar(optional_id, "reviewerId")
    reviewer_name = Scalar(text, "reviewerName")
    created_at = Scalar(unix_time, "timestampCreated")


class _FacebookRatingSchema(ResourceSchema):
    id = Scalar(required_id, required=True)
    data = required(_Rating)

    class Meta(ResourceSchema.Meta):
        type_ = "c3_facebook_ratings"
