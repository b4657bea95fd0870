"""Rules for every table, view and column: a comment, a name and a type that fit."""

from __future__ import annotations

import re

import pytest

from workers.operations.store import dictionary

# Keys that do not begin with the workspace, each for its reason.
OTHER_KEYS = {
    "cention.blob": "one copy a content, whoever sent it",
    "feedback.restore_mark": "belongs to the database",
    "intake.callback": "numbered in order of arrival",
    "intake.poll": "numbered in order",
    "intake.canary": "queues belong to all workspaces",
    "intake.clock": "processes belong to all workspaces",
    "intake.task_done": "such tasks belong to all workspaces",
    "intake.migration": "belongs to the database",
    "intake.operator_action": "numbered in order; some belong to no workspace",
    "intake.operator_request": "numbered in order; some belong to no workspace",
    "intake.sign_in_attempt": "operators belong to all workspaces",
    "intake.work_count": "tasks may belong to all workspaces",
}


# Ids that are texts at their source.
TEXT_IDS = {
    *("secure_user_id", "display_id", "message_id", "user_id", "preset_id", "area_external_id"),
    "remote_id",  # of feedback: what a survey vendor calls it
}
DATES = {"date", "day", "week", "month", "arrived_on", "from_day", "since", "to_day"}


@pytest.fixture
def tables(centre):
    return dictionary.tables(centre.conn)


@pytest.fixture
def columns(tables):
    return {(f"{t.schema}.{t.name}", c.name): c for t in tables for c in t.columns}


def test_every_schema_table_view_and_column_has_a_comment(centre, tables, columns):
    schemas = centre.query(
        "SELECT nspname AS name FROM pg_namespace WHERE nspname = ANY (%s)"
        " AND obj_description(oid, 'pg_namespace') IS NULL",
        ["analyst", "cention", "feedback", "intake"],
    )

    assert not schemas
    assert not [f"{t.schema}.{t.name}" for t in tables if not t.comment]
    assert not [where for where, column in columns.items() if not column.comment]


def test_comments_are_sentences(tables, columns):
    comments = [t.comment for t in tables] + [c.comment for c in columns.values()]

    assert not [comment for comment in comments if not comment.endswith((".", "?"))]


@pytest.mark.parametrize("word", ["anew", "at home", "no more", "pictures?", "renewed", "told"])
def test_comments_use_plain_words(tables, columns, word):
    found = [t.comment for t in tables] + [c.comment for c in columns.values()]

    assert not [comment for comment in found if re.search(rf"\b{word}\b", comment)]


def test_every_key_begins_with_the_workspace(centre):
    keys = centre.query(
        "SELECT c.relnamespace::regnamespace || '.' || c.relname AS name, a.attname AS first"
        " FROM pg_index AS i JOIN pg_attribute AS a"
        " ON (a.attrelid, a.attnum) = (i.indrelid, i.indkey[0])"
        " JOIN pg_class AS c ON c.oid = i.indrelid"
        " WHERE i.indisprimary AND c.relnamespace::regnamespace::text"
        " IN ('cention', 'feedback', 'intake')"
    )

    assert keys
    assert {r["name"] for r in keys if r["first"] != "workspace"} == set(OTHER_KEYS)


def test_every_table_has_a_key(centre):
    keyless = centre.query(
        "SELECT c.oid::regclass::text AS name FROM pg_class AS c WHERE c.relkind = 'r'"
        " AND c.relnamespace::regnamespace::text IN ('cention', 'feedback', 'intake')"
        " AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)"
    )

    assert not keyless


@pytest.mark.parametrize(
    ("ending", "types"),
    [
        ("_at", {"timestamp with time zone"}),
        ("_s", {"integer", "bigint"}),
        ("_id", {"bigint"}),
        ("_bytes", {"bigint"}),
        ("_min", {"bigint", "numeric"}),
        ("_share", {"numeric"}),
        ("_count", {"integer", "bigint"}),
    ],
)
def test_the_end_of_a_name_determines_the_type(columns, ending, types):
    found = {w: c.type for w, c in columns.items() if w[1].endswith(ending)}

    assert found
    assert not {w: t for w, t in found.items() if t not in types and w[1] not in TEXT_IDS}


def test_every_time_has_a_zone(columns):
    kinds = {column.type for column in columns.values()}

    assert not {kind for kind in kinds if kind.startswith(("timestamp without", "time"))} - {
        "timestamp with time zone",
        "timestamp with time zone[]",
    }
    assert {w[1] for w, c in columns.items() if c.type == "date"} == DATES


def test_no_text_has_a_limit(columns):
    assert not [w for w, c in columns.items() if c.type.startswith("char")]
