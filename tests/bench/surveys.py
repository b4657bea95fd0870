"""How long it takes to decide about a hundred thousand errands, and to find that none is due."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from tests.bench.servers import BenchServers
from tests.bench.table import Row
from tests.support.surveys import brief, rules_of
from workers.surveys.jobs import load_rules
from workers.surveys.jobs.decide import decide
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.surveys.jobs.preview import preview
from workers.surveys.store import person_keys, survey_rules

ERRANDS = 100_000
WORKSPACE = SurveyWorkspace(name="demo", zone=ZoneInfo("Europe/Stockholm"), country="SE")
RULES = brief(
    more='hours = ["00:00", "24:00"]\nper_agent_day = 1000\nagain_after_days = 90\n'
    "after_answer_days = 5\nask_thread_once = true\n"
    'where = { tags_none = ["no survey"], own_domains = ["nordkust.example"] }'
).replace('contact = "email"', 'contact = "either"')
# Answered within the last two hours: by mail, by telephone, with actions, tags and answers.
ERRANDS_SQL = """
INSERT INTO cention.errand (workspace, errand_id, answered, closed, answered_at, fetched_at,
    from_address, from_name, thread_id, area_id, agent_id, service_id)
SELECT 'demo', n, true, true, %(now)s - interval '2 hours', %(now)s,
    CASE n %% 10 WHEN 0 THEN '070-' || (1700000 + n / 10)
        ELSE 'customer' || n %% 60000 || '@example.org' END,
    'Customer', n, n %% 20, n %% 100, 1
FROM generate_series(1, %(errands)s) AS n
"""
ACTIONS_SQL = """
INSERT INTO cention.errand_action (workspace, action_id, errand_id, origin, happened_at, fetched_at)
SELECT 'demo', n * 10 + a, n, 'Agent', %(now)s - interval '3 hours', %(now)s
FROM generate_series(1, %(errands)s) AS n, generate_series(1, 4) AS a
"""
TAGS_SQL = """
INSERT INTO cention.errand_tag (workspace, errand_id, tag_id, fetched_at)
SELECT 'demo', n, n %% 7, %(now)s FROM generate_series(1, %(errands)s) AS n
"""


def measure(servers: BenchServers) -> Iterator[Row]:
    """Preview and decide 100,000 errands at once, then look again."""
    now = datetime.now(UTC)
    with psycopg.connect(servers.database_url, autocommit=True) as conn:
        _fill(conn, now)

        @contextmanager
        def session() -> Iterator[psycopg.Connection[Any]]:
            yield conn

        began = time.monotonic()
        found = preview(conn, WORKSPACE, "csat", days=1, now=now)
        yield _row(f"preview of {len(found.errands):,} errands", began)
        began = time.monotonic()
        result = decide(WORKSPACE, session=session, now=now)
        numbers = dict(result.numbers) if result else {}
        yield _row(f"{ERRANDS:,} errands decided", began, f"{numbers}")
        began = time.monotonic()
        decide(WORKSPACE, session=session, now=now)
        yield _row("nothing left to decide", began)


def _fill(conn: psycopg.Connection[Any], now: datetime) -> None:
    person_keys.create_missing(conn, ["demo"])
    for statement in (ERRANDS_SQL, ACTIONS_SQL, TAGS_SQL):
        conn.execute(statement, {"now": now, "errands": ERRANDS})
    load_rules.load(conn, "demo", rules_of(RULES), dry_run=False)
    survey_rules.switch_on(conn, "demo", "csat")
    conn.execute("UPDATE feedback.rule SET on_from = %s", (now - timedelta(days=1),))
    conn.execute("ANALYZE")


def _row(what: str, began: float, more: str = "") -> Row:
    return Row(what, f"{time.monotonic() - began:.2f} s", more)
