"""Finds rows that are in the database twice, or are left over."""

from __future__ import annotations

from typing import LiteralString

import psycopg

# Keys forbid most of these. They are counted nevertheless, in case a key is dropped.
DUPLICATES: dict[str, LiteralString] = {
    "callbacks stored twice": """
        SELECT count(*) - count(DISTINCT (workspace, remote_id)) FROM intake.callback
    """,
    "answers twice": """
        SELECT count(*) - count(DISTINCT (workspace, answer_id)) FROM cention.answer
    """,
    "answers to two errands": """
        SELECT count(*) FROM (
            SELECT FROM cention.answer GROUP BY workspace, answer_id
            HAVING count(DISTINCT errand_id) > 1
        ) AS a
    """,
    "recipients twice": """
        SELECT count(*) - count(DISTINCT (workspace, response_id, address, name))
        FROM cention.answer_recipient
    """,
    "links to files twice": """
        SELECT count(*) - count(DISTINCT (workspace, answer_id, kind, attachment_id))
        FROM cention.answer_attachment
    """,
    "actions twice": """
        SELECT count(*) - count(DISTINCT (workspace, action_id)) FROM cention.errand_action
    """,
    "errands twice": """
        SELECT count(*) - count(DISTINCT (workspace, errand_id)) FROM cention.errand
    """,
    "ratings twice": """
        SELECT count(*) - count(DISTINCT (workspace, rating_id)) FROM cention.facebook_rating
    """,
    "contents twice": """
        SELECT count(*) - count(DISTINCT sha256(content)) FROM cention.blob
    """,
    "contents without an attachment": """
        SELECT count(*) FROM cention.blob AS b
        WHERE NOT EXISTS (SELECT FROM cention.attachment AS a WHERE a.sha256 = b.sha256)
    """,
}


def duplicates(database_url: str) -> dict[str, int]:
    """Return the number of surplus rows by kind; empty if there is none."""
    with psycopg.connect(database_url) as conn:
        counts = {what: conn.execute(query).fetchall()[0][0] for what, query in DUPLICATES.items()}
    return {what: count for what, count in counts.items() if count}
