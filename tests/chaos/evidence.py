"""What may explain the failure of a campaign: rows of the database, and what commands say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

import psycopg
from psycopg.rows import dict_row

from tests.chaos import survey_truth
from tests.chaos.bridge import ChaosBridge
from tests.chaos.survey_truth import SurveyState

EXPLAINED = 5  # errands that are not decided; one is mostly like the others
ROWS: dict[str, LiteralString] = {
    "wanted": "SELECT * FROM intake.wanted LIMIT 50",
    "paused": "SELECT * FROM intake.pause",
    "surveys held": "SELECT * FROM feedback.hold",
    "survey vendor": """
        SELECT vendor, paused_until, not_before, reason, cardinality(asked) AS asked, now()
        FROM feedback.vendor
    """,
    "rule of surveys": "SELECT name, version, on_from, off_at FROM feedback.rule",
    "decisions": """
        SELECT verdict, reason, count(*), min(decided_at), max(decided_at), now()
        FROM feedback.decision GROUP BY verdict, reason ORDER BY count(*) DESC
    """,
    "unsettled invitation": """
        SELECT invitation_id, errand_id, vendor, channel, state, due_at, sent_at, tries, problem,
               now()
        FROM feedback.invitation WHERE state IN ('due', 'sending') ORDER BY due_at LIMIT 20
    """,
    "session at a vendor": """
        SELECT session_id, errand_id, vendor, state, outcome_state, verified, tries, sent_by,
               not_before, problem, now()
        FROM feedback.session
        WHERE origin = 'page' AND (sent_by IS NOT NULL OR not_before IS NOT NULL OR state = 'stuck')
        ORDER BY session_id DESC LIMIT 20
    """,
    "lock of another session": """
        SELECT l.objid, a.pid, a.application_name, a.state, a.xact_start, a.state_change
        FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE l.locktype = 'advisory'
    """,
}
UNDECIDED: LiteralString = """
    SELECT e.errand_id, e.answered, e.answered_at, e.closed, e.deleted, e.gone_at, e.fetched_at,
           service.name AS channel,
           ARRAY(SELECT a.received_at FROM cention.answer AS a
                 WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id)
                 ORDER BY 1) AS answers_received,
           (SELECT max(x.happened_at) FROM cention.errand_action AS x
            WHERE (x.workspace, x.errand_id) = (e.workspace, e.errand_id)) AS last_action
    FROM cention.errand AS e
    LEFT JOIN cention.service AS service
        ON (service.workspace, service.service_id) = (e.workspace, e.service_id)
    WHERE e.errand_id = ANY (%s)
"""


def lines(bridge: ChaosBridge, surveys: SurveyState) -> Iterator[str]:
    """Yield what the database and ``cention surveys why`` say, one line each; no contacts."""
    undecided = survey_truth.undecided(surveys)
    with psycopg.connect(bridge.database_url, row_factory=dict_row) as conn:
        for what, query in ROWS.items():
            for row in conn.execute(query):
                yield f"{what}: {_fields(row)}"
        for row in conn.execute(UNDECIDED, [undecided]):
            at_cention = surveys.errands[str(row["errand_id"])]["answered_at"]
            yield f"undecided: {_fields(row)}, answered at Cention {at_cention}"
    for errand_id in undecided[:EXPLAINED]:
        yield from _why(bridge, errand_id)


def _why(bridge: ChaosBridge, errand_id: int) -> Iterator[str]:
    yield from bridge.cention("surveys", "why", str(errand_id)).stdout.splitlines()


def _fields(row: dict[str, object]) -> str:
    return ", ".join(f"{name} {_shown(value)}" for name, value in row.items())


def _shown(value: object) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)
