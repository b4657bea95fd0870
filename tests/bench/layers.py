"""Copies of a centre in its database: the same times, other errands, agents and customers.

A small centre that is loaded and computed becomes a large one as fast as Postgres writes rows.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from tests.support.centre import IDS_PER_LAYER

AGENTS_PER_LAYER = 1_000
SHIFTED = {
    *("errand_id", "earlier_errand_id", "action_id", "answer_id", "response_id", "callback_id"),
    "session_id",
}
# Each table with the condition for rows of the first layer.
ERRANDS = f"errand_id < {IDS_PER_LAYER}"
TABLES = {
    "cention.agent": f"agent_id < {AGENTS_PER_LAYER}",
    "cention.agent_login": f"agent_id < {AGENTS_PER_LAYER}",
    "cention.agent_logon": "login_name !~ '#'",
    "cention.errand": ERRANDS,
    "cention.errand_action": ERRANDS,
    "cention.errand_version": ERRANDS,
    "cention.errand_tag": ERRANDS,
    "cention.answer": ERRANDS,
    "feedback.session": ERRANDS,
    "feedback.answer": f"session_id < {IDS_PER_LAYER}",
    "analyst.errand_metrics": ERRANDS,
    "analyst.errand_response": ERRANDS,
    "analyst.open_span": ERRANDS,
    "analyst.reopening": ERRANDS,
    "analyst.repeat_contact": ERRANDS,
}
COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ORDER BY attnum
"""


def copy(conn: psycopg.Connection[Any], table: str, layer: int) -> int:
    """Copy the rows of the first layer into another one; return how many."""
    names = [name for [name] in conn.execute(COLUMNS, [table]).fetchall()]
    values = sql.SQL(", ").join(_value(table, name, layer) for name in names)
    statement = sql.SQL("INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {first}")
    conn.execute("SET LOCAL session_replication_role = replica")  # no marks: all is computed
    return conn.execute(
        statement.format(
            table=sql.Identifier(*table.split(".")),
            names=sql.SQL(", ").join(map(sql.Identifier, names)),
            values=values,
            first=sql.SQL(TABLES[table]),
        )
    ).rowcount


def _value(table: str, name: str, layer: int) -> sql.Composable:
    column = sql.Identifier(name)
    if name in SHIFTED:
        return sql.SQL("{} + {}").format(column, layer * IDS_PER_LAYER)
    if name == "agent_id":
        return sql.SQL("{} + {}").format(column, layer * AGENTS_PER_LAYER)
    if name == "login_name" or (table, name) == ("cention.agent", "name"):
        return sql.SQL("{} || {}").format(column, f" #{layer + 1}")
    if name == "from_address":
        return sql.SQL("{} || {}").format(f"{layer + 1}.", column)
    return column
