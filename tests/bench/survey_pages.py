"""How long a survey page takes beside callbacks, and when a thousand people answer at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import psycopg

from tests.bench.page_load import PAGES, token_of
from tests.bench.receiver import drive, latency
from tests.bench.servers import BenchServers
from tests.bench.table import Row
from tests.bench.usage import Usage, measured
from tests.integration.receiver.survey_links import PAGES as RULES
from tests.support.surveys import brief, rules_of
from workers.surveys.jobs import load_rules
from workers.surveys.rules.link import digest_of

PEOPLE = 1_000
PEOPLE_PER_S = 10.0  # beside callbacks: 70 pages a second
PEAK_REQUESTS = 10_000
SECONDS = 20
INVITE_SQL = """
INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version, vendor,
    survey, channel, person_sha256, event_at, due_at, send_until, sent_by, sent_at, state,
    expires_at, token_sha256)
VALUES ('demo', %(token)s, %(number)s, 'csat', 1, 'own', '{"page": "after-answer"}', 'email',
    %(digest)s, now(), now(), now(), gen_random_uuid(), now(), 'triggered',
    now() + interval '1 day', %(digest)s)
"""


def measure(servers: BenchServers) -> Iterator[Row]:
    """Let people answer alone, beside callbacks at half of their peak rate, and all at once."""
    beside = int(PEOPLE_PER_S * SECONDS)
    _invite(servers, 2 * beside + PEOPLE)
    with servers.web("wsgi:app") as web:
        port = web.port
        _people(port, 0, beside // 2, PEOPLE_PER_S)  # the first pages read the rules file
        with measured(receiver=[web.pid], Postgres=[servers.postgres_pid]) as usage:
            found = _people(port, beside // 2, beside // 2, PEOPLE_PER_S)
        yield _row("survey pages alone", found, _cpu(usage, beside // 2))
        peak = drive(port, PEAK_REQUESTS)
        with _in_background(port, beside, beside, PEOPLE_PER_S) as people:
            half = drive(port, int(peak.per_s / 2 * SECONDS), per_s=peak.per_s / 2)
            found = json.loads(people.communicate()[0])
        yield _row("survey pages beside callbacks", found)
        yield Row("callbacks meanwhile", f"{half.per_s:,.0f}/s", latency(half))
        with measured(receiver=[web.pid], Postgres=[servers.postgres_pid]) as usage:
            found = _people(port, 2 * beside, PEOPLE, 0)
        yield _row(f"survey pages, {PEOPLE:,} people at once", found, _cpu(usage, PEOPLE))
    saved = servers.scalar("SELECT count(*) FROM feedback.answer")
    yield Row("answers saved", f"{saved:,}", f"of {3 * (2 * beside + PEOPLE):,}")


def _people(port: int, first: int, people: int, per_s: float) -> list[float]:
    """Let people answer in another process; return pages a second, p50, p99 and seconds."""
    with _in_background(port, first, people, per_s) as running:
        found: list[float] = json.loads(running.communicate()[0])
    return found


def _in_background(port: int, first: int, people: int, per_s: float) -> subprocess.Popen[bytes]:
    arguments = [str(one) for one in (port, first, people, per_s)]
    command = [sys.executable, "-m", "tests.bench.page_load", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def _row(what: str, found: list[float], *more: str) -> Row:
    per_s, p50_ms, p99_ms, took_s = found
    latency = f"p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms"
    return Row(
        what, f"{per_s:,.0f}/s", "; ".join((latency, f"{PAGES} pages each, {took_s:.1f} s", *more))
    )


def _cpu(usage: Usage, people: int) -> str:
    """Return the CPU seconds for 1,000 pages, in words."""
    thousands = people * PAGES / 1000
    seconds = (f"{name} {cpu_s / thousands:.3f}" for name, cpu_s in usage.cpu_s.items())
    return f"CPU s / 1,000: {', '.join(seconds)}"


def _invite(servers: BenchServers, people: int) -> None:
    with psycopg.connect(servers.database_url) as conn:
        load_rules.load(conn, "demo", rules_of(brief(tables=RULES)), dry_run=False)
        with conn.cursor() as cursor:
            cursor.executemany(INVITE_SQL, [_invitation(number) for number in range(people)])


def _invitation(number: int) -> dict[str, object]:
    token = token_of(number)
    return {"token": token, "number": number + 1, "digest": digest_of(token)}
