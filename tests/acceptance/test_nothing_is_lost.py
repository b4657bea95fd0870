"""Workers are killed and the broker is flushed, and nothing is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psycopg
import redis

from deploy.embedded import Valkey
from tests.acceptance.comparison import SandboxControl, wait_for_no_difference
from tests.acceptance.running_bridge import SECRETS, Run, empty_folder, running_bridge
from tests.support.eventually import eventually

ERRANDS = 2_000


def stored(run: Run) -> int:
    with psycopg.connect(run.addresses()["DATABASE_URL"]) as conn:
        return conn.execute("SELECT count(*) FROM cention.errand").fetchall()[0][0]


def kill_worker(run: Run) -> None:
    os.kill(run.pid("worker-fetch"), signal.SIGKILL)


def flush_broker(run: Run) -> None:
    with redis.Redis(unix_socket_path=str(Valkey(run.data / "valkey").socket)) as client:
        client.flushall()


def test_a_killed_worker_and_a_flushed_broker_lose_nothing_and_no_secret_is_left_anywhere():
    with empty_folder() as folder, running_bridge(folder, **SECRETS, LEASE_S="20") as run:
        sandbox = SandboxControl(root=run.addresses()["CENTION_URL"].removesuffix("/s/sandbox"))
        sandbox.post("faults", {"latency": {"probability": 1, "seconds": 0.02}})
        sandbox.post("errands", {"count": ERRANDS, "actions": 3})
        sandbox.post("resume", {"rate": 20})
        for share in (0.1, 0.3, 0.5):
            assert eventually(lambda: stored(run) > ERRANDS * share, within_s=60)  # noqa: B023
            kill_worker(run)
            flush_broker(run)

        sandbox.post("quiet")
        sandbox.post("faults", {"latency": None})
        database_url = run.addresses()["DATABASE_URL"]

        assert eventually(lambda: sandbox.get("stats")["callbacks"]["waiting"] == 0)
        wait_for_no_difference(sandbox, database_url, within_s=90)
        assert places_of_secrets(folder, database_url) == []


def places_of_secrets(folder: Path, database_url: str) -> list[str]:
    """Return every table and file that holds a token or a callback secret."""
    secrets = list(SECRETS.values())
    found = [str(f) for f in folder.rglob("*") if f.is_file() and holds(f.read_bytes(), secrets)]
    with psycopg.connect(database_url) as conn:
        tables = conn.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
        ).fetchall()
        for (table,) in tables:
            with conn.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                if any(holds(bytes(line), secrets) for line in copy):
                    found.append(table)
    return found


def holds(content: bytes, secrets: list[str]) -> bool:
    """Return whether ``content`` contains a secret, as text or in hex (columns of bytes)."""
    forms = [form for one in secrets for form in (one.encode(), one.encode().hex().encode())]
    return any(form in content for form in forms)
