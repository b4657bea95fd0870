"""A Singer tap on the SDK: errands with child streams, reports fetched by threads.

It is tuned as far as the SDK goes: JSON by msgspec, records that are not made to conform (the
schema is ours), children without a state of their own.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import requests
from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers.conform import TypeConformanceLevel

from tests.bench.race import rows
from tests.bench.race.peers import handshake

KINDS = {
    "bigint": th.IntegerType,
    "integer": th.IntegerType,
    "boolean": th.BooleanType,
    "text": th.StringType,
    "timestamptz": th.DateTimeType,
}
mine = threading.local()


def get(url: str) -> bytes:
    if not hasattr(mine, "session"):
        mine.session = requests.Session()
        mine.session.trust_env = False
        mine.session.headers.update(handshake.HEADERS)
    response = mine.session.get(url, timeout=30)
    response.raise_for_status()
    return response.content


def fetch(errand_id: int) -> dict[str, Any]:
    return rows.parse(get(f"{handshake.REPORTS}{errand_id}"))


def records(table: str, found: Iterable[rows.Row]) -> Iterator[dict[str, Any]]:
    """Yield rows as records, times in UTC: the target drops offsets."""
    for row in found:
        values = (
            value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
            for value in row
        )
        yield dict(zip(rows.TABLES[table], values, strict=True))


class Table(Stream):
    """The stream of one table."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    @cached_property
    def schema(self) -> dict[str, Any]:
        properties = [
            th.Property(name, KINDS[kind], required=name in rows.KEYS[self.name])
            for name, kind in rows.TABLES[self.name].items()
        ]
        return th.PropertiesList(*properties).to_dict()


class Errands(Table):
    name = "errand"
    primary_keys = rows.KEYS["errand"]

    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
        ids = rows.changed_ids(get(handshake.LIST))
        fetched_at = datetime.now(UTC)
        with ThreadPoolExecutor(handshake.CONNECTIONS) as pool:
            for document in pool.map(fetch, ids):
                self._document = document
                yield from records("errand", [rows.errand(document, fetched_at)])

    def get_child_context(self, record: Any, context: Any) -> dict[str, Any]:
        return {"document": self._document}


class PartOfErrand(Table):
    """The stream of a table with rows of each errand."""

    parent_stream_type = Errands
    state_partitioning_keys = ()
    _wrote_schema = False

    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
        yield from records(self.name, self.rows_of(context["document"]))

    def rows_of(self, document: dict[str, Any]) -> Iterable[rows.Row]:
        raise NotImplementedError

    def _write_schema_message(self) -> None:
        if not self._wrote_schema:  # the SDK would repeat it for every errand
            self._wrote_schema = True
            super()._write_schema_message()


class Actions(PartOfErrand):
    name = "errand_action"
    primary_keys = rows.KEYS["errand_action"]

    def rows_of(self, document: dict[str, Any]) -> Iterable[rows.Row]:
        return rows.actions(document)


class Tags(PartOfErrand):
    name = "errand_tag"
    primary_keys = rows.KEYS["errand_tag"]

    def rows_of(self, document: dict[str, Any]) -> Iterable[rows.Row]:
        return rows.tags(document)


class Recipients(PartOfErrand):
    name = "errand_recipient"
    primary_keys = rows.KEYS["errand_recipient"]

    def rows_of(self, document: dict[str, Any]) -> Iterable[rows.Row]:
        return rows.recipients(document)


class Names(PartOfErrand):
    name = "name"
    primary_keys = rows.KEYS["name"]

    def __init__(self, tap: Tap) -> None:
        super().__init__(tap)
        self._known: set[rows.Row] = set()

    def rows_of(self, document: dict[str, Any]) -> Iterable[rows.Row]:
        new = set(rows.names_in(document)) - self._known
        self._known |= new
        return new


class TapCention(Tap):
    name = "tap-cention"
    config_jsonschema = th.PropertiesList().to_dict()
    message_writer_class = MsgSpecWriter

    def discover_streams(self) -> list[Stream]:
        return [kind(self) for kind in (Errands, Actions, Tags, Recipients, Names)]


def main() -> None:
    tap = TapCention(config={})
    os.write(int(os.environ["RACE_READY"]), b"t")
    os.close(int(os.environ["RACE_READY"]))
    sys.stdin.readline()
    tap.sync_all()


if __name__ == "__main__":
    main()
