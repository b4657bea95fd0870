"""Whether the tables have the rows of the documents: counts and sums, compared for each table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import psycopg

from tests.bench.documents import errand_report
from tests.bench.race import rows

PEER = {table: f"peer.{table}" for table in rows.TABLES}
# dlt names the tables that it makes of lists.
NESTED = PEER | {
    "errand_action": "peer.errand__actions",
    "errand_tag": "peer.errand__tags",
    "errand_recipient": "peer.errand__recipients",
}
_NAMES = ("organisation", "area", "agent", "service", "tag")
BRIDGE = {table: f"cention.{table}" for table in rows.TABLES} | {
    "name": f"({' UNION ALL '.join(f'SELECT name FROM cention.{kind}' for kind in _NAMES)}) AS n"
}
Sums = tuple[int, ...]

_EPOCH = "coalesce(sum(extract(epoch FROM {})), 0)"
_QUERIES = {
    "errand": f"""
        SELECT count(*), sum(errand_id), {_EPOCH.format("arrived_at")}, sum(handling_time_s),
               count(*) FILTER (WHERE within_sla), sum(length(subject)), sum(length(body_html)),
               count(answered_at), sum(area_id), sum(coalesce(agent_id, 0)),
               count(*) FILTER (WHERE status_code = 'ACTION_ANSWER'),
               sum(coalesce(feedback_value, 0))
        FROM {{}}""",
    # The bridge replaces U+0000, which peers drop.
    "errand_action": f"""
        SELECT count(*), sum(action_id), sum(errand_id), {_EPOCH.format("happened_at")},
               sum(length(replace(note, chr(65533), '')))
        FROM {{}}""",
    "errand_tag": "SELECT count(*), sum(errand_id), sum(tag_id) FROM {}",
    "errand_recipient": """
        SELECT count(*), sum(errand_id), sum(position), sum(length(address)) FROM {}""",
    "name": "SELECT count(*), sum(length(name)) FROM {}",
}


def wrong_tables(
    conn: psycopg.Connection[Any], rounds: Iterable[tuple[int, int]], tables: Mapping[str, str]
) -> str:
    """Return what is wrong in the tables of a contestant; empty if all is right.

    ``rounds`` are the first errand and the number of errands of each round that it has stored.
    """
    wanted, found = _wanted(tuple(rounds)), _found(conn, tables)
    wrong = (
        f"{table}: {found[table]} instead of {wanted[table]}"
        for table in wanted
        if found[table] != wanted[table]
    )
    return "; ".join(wrong)


def _found(conn: psycopg.Connection[Any], tables: Mapping[str, str]) -> dict[str, Sums]:
    return {
        table: tuple(map(int, conn.execute(query.format(tables[table])).fetchall()[0]))
        for table, query in _QUERIES.items()
    }


@cache
def _wanted(rounds: tuple[tuple[int, int], ...]) -> dict[str, Sums]:
    """Return what the documents say, read by the code of the peers."""
    ids = (errand_id for first, count in rounds for errand_id in range(first, first + count))
    documents = map(errand_report, ids)
    found = rows.rows_by_table(_without_nul(document) for document in documents)
    errands = [dict(zip(rows.ERRAND, row, strict=True)) for row in found["errand"]]
    actions, tags = found["errand_action"], found["errand_tag"]
    recipients, names = found["errand_recipient"], found["name"]
    return {
        "errand": (
            len(errands),
            sum(each["errand_id"] for each in errands),
            sum(int(each["arrived_at"].timestamp()) for each in errands),
            sum(each["handling_time_s"] for each in errands),
            sum(each["within_sla"] for each in errands),
            sum(len(each["subject"]) for each in errands),
            sum(len(each["body_html"]) for each in errands),
            sum(each["answered_at"] is not None for each in errands),
            sum(each["area_id"] for each in errands),
            sum(each["agent_id"] or 0 for each in errands),
            sum(each["status_code"] == "ACTION_ANSWER" for each in errands),
            sum(each["feedback_value"] or 0 for each in errands),
        ),
        "errand_action": (
            len(actions),
            sum(row[0] for row in actions),
            sum(row[1] for row in actions),
            sum(int(row[4].timestamp()) for row in actions),
            sum(len(row[2]) for row in actions),
        ),
        "errand_tag": (len(tags), sum(row[0] for row in tags), sum(row[1] for row in tags)),
        "errand_recipient": (
            len(recipients),
            sum(row[0] for row in recipients),
            sum(row[2] for row in recipients),
            sum(len(row[3]) for row in recipients),
        ),
        "name": (len(names), sum(len(row[2]) for row in names)),
    }


def _without_nul(document: dict[str, Any]) -> dict[str, Any]:
    for action in document["data"]["attributes"]["actions"] or ():
        action["note"] = action["note"].replace("\0", "")
    return document
