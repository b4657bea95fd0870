"""What surveys cost the drain of a backlog: their index and their loop, against neither."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

import psycopg

from tests.bench import backlog
from tests.bench.backlog import Drained
from tests.bench.servers import BenchServers
from tests.bench.table import Row
from tests.support.surveys import brief, rules_of
from workers.config.broker import create_sender
from workers.config.names import TaskName
from workers.surveys.jobs import load_rules
from workers.surveys.store import person_keys, survey_rules

ERRANDS = 10_000
ROUNDS = 6
NUDGE_EVERY_S = 5.0  # beat sends a decision every 30 s
DUE = 100  # errands whose decision falls into one drain: 288,000 a day, one drain per 30 s
FIRST = 1_000_000_000  # number of such an errand, beyond those of the sandbox
CREATE_INDEX = "CREATE INDEX IF NOT EXISTS errand_fetched ON cention.errand (workspace, fetched_at)"
DROP_INDEX = "DROP INDEX IF EXISTS cention.errand_fetched"
# Answered two hours ago, each by somebody new.
DUE_SQL = """
INSERT INTO cention.errand (workspace, errand_id, answered, closed, answered_at, fetched_at,
    from_address)
SELECT 'demo', n, true, true, %(now)s - interval '2 hours', %(now)s, n || '@example.org'
FROM generate_series(%(first)s, %(first)s + %(due)s - 1) AS n
"""


def measure(servers: BenchServers) -> Iterator[Row]:
    """Store 10,000 errands again and again, by turns without surveys, with the index, with all."""
    variants: dict[str, Callable[[BenchServers], AbstractContextManager[None]]] = {
        "neither index nor loop": _without_index,
        "the index": lambda _: nullcontext(),
        "index and loop": _loop,
    }
    found: dict[str, list[Drained]] = {name: [] for name in variants}
    with servers.sandbox() as cention:
        account = {"URL": f"{cention}/digidesk/api/survey_requests/", "USER": "sandbox"}
        account |= {"PASSWORD": "sandbox-survey-password", "PER_MINUTE": "3000"}
        more = {f"DIGIDESK_{name}": value for name, value in account.items()}
        with servers.worker(cention, **more) as worker:
            backlog.warm_up(servers, cention)
            _switch_on(servers)
            for turn in range(ROUNDS):
                # Forwards and backwards, so that a table that grows favours none.
                for name in list(variants)[:: -1 if turn % 2 else 1]:
                    ids = backlog.make(cention, ERRANDS)
                    with variants[name](servers):
                        found[name].append(backlog.drain(servers, worker.pid, ids))
    for name, drained in found.items():
        yield _stored(name, drained)
    yield Row("meanwhile", _counted(servers))


def _stored(name: str, drained: Sequence[Drained]) -> Row:
    rates = [one.per_s for one in drained]
    worker, postgres = (
        statistics.median(getattr(one, field) for one in drained)
        for field in ("worker_cpu_s", "postgres_cpu_s")
    )
    runs = f"{len(rates)} runs: {min(rates):,.0f} to {max(rates):,.0f}"
    cpu = f"CPU s / 1,000: worker {worker:.3f}, Postgres {postgres:.3f}"
    return Row(
        f"stored with {name}", f"{statistics.median(rates):,.0f} errands/s", f"{runs}; {cpu}"
    )


def _switch_on(servers: BenchServers) -> None:
    with psycopg.connect(servers.database_url) as conn:
        person_keys.create_missing(conn, ["demo"])
        load_rules.load(conn, "demo", rules_of(brief()), dry_run=False)
        survey_rules.switch_on(conn, "demo", "csat")
        began = datetime.now(UTC) - timedelta(days=1)
        conn.execute("UPDATE feedback.rule SET on_from = %s", (began,))


@contextmanager
def _without_index(servers: BenchServers) -> Iterator[None]:
    with psycopg.connect(servers.database_url, autocommit=True) as conn:
        conn.execute(DROP_INDEX)
        yield
        conn.execute(CREATE_INDEX)


@contextmanager
def _loop(servers: BenchServers) -> Iterator[None]:
    """Nudge decisions and invitations while the block runs, the first at once."""
    with psycopg.connect(servers.database_url) as conn:
        decided = servers.scalar("SELECT count(*) FROM feedback.decision")
        first = FIRST + decided
        conn.execute(DUE_SQL, {"now": datetime.now(UTC), "first": first, "due": DUE})
    ended = threading.Event()

    def nudge() -> None:
        with create_sender(servers.broker_url, timeout_s=10) as sender:
            while True:
                for name in (TaskName.SURVEY_DECIDE, TaskName.SURVEY_INVITE):
                    sender.send_task(name, args=("demo",))
                if ended.wait(NUDGE_EVERY_S):
                    return

    nudges = threading.Thread(target=nudge)
    nudges.start()
    try:
        yield
    finally:
        ended.set()
        nudges.join()


def _counted(servers: BenchServers) -> str:
    decided = servers.scalar("SELECT count(*) FROM feedback.decision")
    sent = servers.scalar("SELECT count(*) FROM feedback.invitation WHERE state = 'triggered'")
    return f"{decided:,} errands decided, {sent:,} invitations sent"
