"""The script that people write: requests, eight threads, psycopg, a commit for every errand."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import requests

from tests.bench.race import rows
from tests.bench.race.peers import handshake

THREADS = 8
mine = threading.local()


def upsert(table: str) -> str:
    """Return the statement that writes one row of a table, new or changed."""
    columns, key = rows.TABLES[table], rows.KEYS[table]
    rest = [f"{name} = EXCLUDED.{name}" for name in columns if name not in key]
    return (
        f"INSERT INTO peer.{table} ({', '.join(columns)}) "
        f"VALUES ({', '.join(['%s'] * len(columns))}) ON CONFLICT ({', '.join(key)}) "
        + (f"DO UPDATE SET {', '.join(rest)}" if rest else "DO NOTHING")
    )


UPSERT = {table: upsert(table) for table in rows.TABLES}
UPSERT["name"] += " WHERE name.name IS DISTINCT FROM EXCLUDED.name"


def connect() -> None:
    mine.session = requests.Session()
    mine.session.headers.update(handshake.HEADERS)
    mine.conn = psycopg.connect(handshake.DATABASE_URL)


def sync(errand_id: int) -> None:
    response = mine.session.get(f"{handshake.REPORTS}{errand_id}", timeout=30)
    response.raise_for_status()
    document = rows.parse(response.content)
    with mine.conn.cursor() as cursor:
        cursor.execute(UPSERT["errand"], rows.errand(document, datetime.now(UTC)))
        cursor.executemany(UPSERT["errand_action"], list(rows.actions(document)))
        cursor.execute("DELETE FROM peer.errand_tag WHERE errand_id = %s", [errand_id])
        cursor.executemany(UPSERT["errand_tag"], list(rows.tags(document)))
        cursor.execute("DELETE FROM peer.errand_recipient WHERE errand_id = %s", [errand_id])
        cursor.executemany(UPSERT["errand_recipient"], list(rows.recipients(document)))
        # In order, or two threads wait for each other.
        cursor.executemany(UPSERT["name"], sorted(rows.names_in(document)))
    mine.conn.commit()


def main() -> None:
    with psycopg.connect(handshake.DATABASE_URL, autocommit=True) as conn:
        conn.execute(rows.create_statements())
    talk = handshake.Handshake()
    with ThreadPoolExecutor(THREADS, initializer=connect) as pool:
        for _ in talk.rounds():
            talk.wait()
            listed = requests.get(handshake.LIST, headers=handshake.HEADERS, timeout=30)
            deque(pool.map(sync, rows.changed_ids(listed.content)), maxlen=0)


if __name__ == "__main__":
    main()
