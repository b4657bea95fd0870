"""Reads the tags of errands.

Source: Cention Errand Report, ``extended.errand_tags``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.jsonapi.scalars import member, required_id, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One tag of the workspace."""

    tag_id: int
    name: str | None


def read_tag(tag: Mapping[str, Any]) -> Tag:
    """Read one tag. Raises marshmallow's ``ValidationError``."""
    return Tag(tag_id=member(tag, "id", required_id), name=member(tag, "desc", text))
