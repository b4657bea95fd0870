"""Records with the time of their request, as the stores save them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import orjson

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched(Generic[Record]):
    """A record, and the time of its request by the clock of the database."""

    record: Record
    fetched_at: datetime


def as_json(fetched: Sequence[Fetched[Any]]) -> str:
    """Return ``[{"record": {…}, "fetched_at": "…"}, …]``, as the saving queries expect it."""
    return orjson.dumps(list(fetched)).decode()
