"""The limit of writing: rows that are in memory, by binary COPY and one upsert a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import psycopg

from tests.bench.race import rows
from tests.bench.race.peers import fetchers, handshake
from tests.bench.race.peers.team import Team

GROUP = 500  # errands of one commit
PG_TYPES = {
    "bigint": "int8",
    "integer": "int4",
    "boolean": "bool",
    "text": "text",
    "timestamptz": "timestamptz",
}
REPLACED = ("errand_tag", "errand_recipient")  # what the report no longer names is deleted


class Writer:
    """One process: fetches and parses its part first, and writes it when it is asked to."""

    def __init__(self) -> None:
        self._fetch = fetchers.with_sockets()
        self._conn = psycopg.connect(handshake.DATABASE_URL, autocommit=True)
        self._groups: list[dict[str, list[rows.Row]]] = []
        for table in rows.TABLES:
            self._conn.execute(
                f"CREATE TEMP TABLE new_{table} (LIKE peer.{table}) ON COMMIT DELETE ROWS"
            )

    def prepare(self, ids: Sequence[int]) -> None:
        left = iter(ids)
        self._groups = []
        while group := list(islice(left, GROUP)):
            documents = (rows.parse(self._fetch(errand_id)) for errand_id in group)
            self._groups.append(rows.rows_by_table(documents))

    def write(self, _: Sequence[int]) -> None:
        for group in self._groups:
            with self._conn.transaction(), self._conn.cursor() as cursor:
                for table, new in group.items():
                    if new:
                        _copy(cursor, table, new)
                        _merge(cursor, table)


def _copy(cursor: psycopg.Cursor, table: str, new: list[rows.Row]) -> None:
    with cursor.copy(f"COPY new_{table} FROM STDIN (FORMAT binary)") as copy:
        copy.set_types([PG_TYPES[kind] for kind in rows.TABLES[table].values()])
        for row in new:
            copy.write_row(row)


def _merge(cursor: psycopg.Cursor, table: str) -> None:
    key = ", ".join(rows.KEYS[table])
    if table in REPLACED:
        cursor.execute(
            f"DELETE FROM peer.{table} AS old USING new_errand WHERE old.errand_id "
            "= new_errand.errand_id"
        )
    changes = [f"{c} = EXCLUDED.{c}" for c in rows.TABLES[table] if c not in rows.KEYS[table]]
    action = f"UPDATE SET {', '.join(changes)}" if changes else "NOTHING"
    known = (
        "WHERE NOT EXISTS (SELECT FROM peer.name AS k "
        "WHERE (k.kind, k.id, k.name) = (new.kind, new.id, new.name))"
        if table == "name"
        else ""
    )
    cursor.execute(
        f"INSERT INTO peer.{table} SELECT * FROM new_{table} AS new {known} ORDER BY {key} "
        f"ON CONFLICT ({key}) DO {action}"
    )


def main() -> None:
    with psycopg.connect(handshake.DATABASE_URL, autocommit=True) as conn:
        conn.execute(rows.create_statements())
    talk = handshake.Handshake()
    team = Team(Writer, handshake.PROCESSES)
    for ids in talk.rounds():
        team.call("prepare", ids)
        talk.wait()
        team.call("write", ids)


if __name__ == "__main__":
    main()
