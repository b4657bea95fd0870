"""dlt: the list of changed errands, reports fetched in parallel, rows merged into Postgres.

``python -m tests.bench.race.peers.dlt_pipeline SHAPE``

* nested: as its documentation begins, one dict an errand with lists in it, of which dlt makes
  child tables; fetched by requests in threads.
* arrow: as its page about speed has it, a pyarrow table for each table and page, which dlt does not
  normalise row by row; fetched by aiohttp.

Both are loaded by COPY of CSV. It was faster than inserts and as fast as parquet by ADBC, and one
process for normalising was faster than two.
"""

from __future__ import annotations

import os
import sys
import tempfile

from tests.bench.race import rows
from tests.bench.race.peers import handshake

SHAPE = sys.argv[1]
FOLDER = tempfile.mkdtemp(prefix="dlt-", dir=os.environ["RACE_FOLDER"])
os.environ |= {
    "DLT_DATA_DIR": FOLDER,
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "EXTRACT__WORKERS": str(handshake.CONNECTIONS),
    "EXTRACT__MAX_PARALLEL_ITEMS": str(handshake.CONNECTIONS * 2),
    "NORMALIZE__WORKERS": "1",
    "LOAD__WORKERS": "8",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": "100000",
    "DESTINATION__POSTGRES__CREATE_INDEXES": "true",
}

import asyncio  # noqa: E402  # dlt reads the variables when it is imported
import threading  # noqa: E402
from collections.abc import Iterator, Sequence  # noqa: E402
from datetime import UTC, datetime  # noqa: E402
from typing import Any  # noqa: E402
from urllib.parse import parse_qs, urlsplit  # noqa: E402

import aiohttp  # noqa: E402
import dlt  # noqa: E402
import pyarrow as pa  # noqa: E402
import requests  # noqa: E402

Documents = Sequence[dict[str, Any]]

MERGE = {"disposition": "merge", "strategy": "upsert"}
DLT_TYPES = {
    "bigint": "bigint",
    "integer": "bigint",
    "boolean": "bool",
    "text": "text",
    "timestamptz": "timestamp",
}
ARROW_TYPES = {
    "bigint": pa.int64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "text": pa.string(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
mine = threading.local()


@dlt.resource(selected=False)
def changed() -> Iterator[list[int]]:
    listed = requests.get(handshake.LIST, headers=handshake.HEADERS, timeout=30)
    ids = rows.changed_ids(listed.content)
    page = max(1, min(100, len(ids) // (4 * handshake.CONNECTIONS)))
    for at in range(0, len(ids), page):
        yield ids[at : at + page]


@dlt.transformer(data_from=changed, selected=False, parallelized=True)
def by_threads(ids: list[int]) -> Iterator[Documents]:
    if not hasattr(mine, "session"):
        mine.session = requests.Session()
        mine.session.trust_env = False
        mine.session.headers.update(handshake.HEADERS)
    documents = []
    for errand_id in ids:
        response = mine.session.get(f"{handshake.REPORTS}{errand_id}", timeout=30)
        response.raise_for_status()
        documents.append(rows.parse(response.content))
    yield documents


sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}  # dlt has a loop for each run


def session() -> aiohttp.ClientSession:
    loop = asyncio.get_running_loop()
    if loop not in sessions:
        connector = aiohttp.TCPConnector(limit=handshake.CONNECTIONS)
        sessions[loop] = aiohttp.ClientSession(headers=handshake.HEADERS, connector=connector)
    return sessions[loop]


async def fetch(errand_id: int) -> dict[str, Any]:
    async with session().get(f"{handshake.REPORTS}{errand_id}") as response:
        response.raise_for_status()
        return rows.parse(await response.read())


@dlt.transformer(data_from=changed, selected=False)
async def by_event_loop(ids: list[int]) -> Documents:
    return await asyncio.gather(*map(fetch, ids))


class NewNames:
    """The names that this run has not sent yet."""

    def __init__(self) -> None:
        self._known: set[rows.Row] = set()

    def rows(self, documents: Documents) -> list[rows.Row]:
        new = {row for document in documents for row in rows.names_in(document)} - self._known
        self._known |= new
        return list(new)


@dlt.source(name="cention", max_table_nesting=1)
def nested() -> Any:
    names = NewNames()
    columns = {
        name: {"data_type": DLT_TYPES[kind], "nullable": name != "errand_id"}
        for name, kind in rows.ERRAND.items()
    }

    @dlt.transformer(
        data_from=by_threads, primary_key="errand_id", write_disposition=MERGE, columns=columns
    )
    def errand(documents: Documents) -> Iterator[list[dict[str, Any]]]:
        fetched_at = datetime.now(UTC)
        yield [_nested_errand(document, fetched_at) for document in documents]

    @dlt.transformer(data_from=by_threads, primary_key=rows.KEYS["name"], write_disposition=MERGE)
    def name(documents: Documents) -> Iterator[list[dict[str, Any]]]:
        if new := names.rows(documents):
            yield _dicts("name", new)

    return errand, name


def _nested_errand(document: dict[str, Any], fetched_at: datetime) -> dict[str, Any]:
    (errand,) = _dicts("errand", [rows.errand(document, fetched_at)])
    return errand | {
        "actions": _dicts("errand_action", rows.actions(document)),
        "tags": _dicts("errand_tag", rows.tags(document)),
        "recipients": _dicts("errand_recipient", rows.recipients(document)),
    }


def _dicts(table: str, found: Any) -> list[dict[str, Any]]:
    return [dict(zip(rows.TABLES[table], row, strict=True)) for row in found]


@dlt.source(name="cention")
def arrow() -> Any:
    names = NewNames()
    of_one = {
        "errand": lambda document: [rows.errand(document, datetime.now(UTC))],
        "errand_action": rows.actions,
        "errand_tag": rows.tags,
        "errand_recipient": rows.recipients,
    }

    def resource(table: str, rows_of: Any) -> Any:
        @dlt.transformer(
            data_from=by_event_loop,
            name=table,
            primary_key=rows.KEYS[table],
            write_disposition=MERGE,
        )
        def tables(documents: Documents) -> Iterator[pa.Table]:
            if found := rows_of(documents):
                yield _arrow_table(table, found)

        return tables

    def of_all(rows_of_one: Any) -> Any:
        return lambda documents: [row for each in documents for row in rows_of_one(each)]

    resources = [resource(table, of_all(rows_of_one)) for table, rows_of_one in of_one.items()]
    return (*resources, resource("name", names.rows))


def _arrow_table(table: str, found: list[rows.Row]) -> pa.Table:
    fields = [(name, ARROW_TYPES[kind]) for name, kind in rows.TABLES[table].items()]
    columns = zip(*found, strict=True)
    arrays = [pa.array(values, kind) for values, (_, kind) in zip(columns, fields, strict=True)]
    return pa.table(arrays, schema=pa.schema(fields))


def main() -> None:
    url = urlsplit(handshake.DATABASE_URL)
    host = parse_qs(url.query)["host"][0]
    destination = dlt.destinations.postgres(
        f"postgresql://{url.username}:unused@localhost{url.path}?host={host}"
    )
    pipeline = dlt.pipeline("race", destination=destination, dataset_name="peer")
    source = nested if SHAPE == "nested" else arrow
    talk = handshake.Handshake()
    for _ in talk.rounds():
        talk.wait()
        info = pipeline.run(source(), loader_file_format="csv")
        info.raise_on_failed_jobs()


if __name__ == "__main__":
    main()
