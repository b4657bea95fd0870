"""PgBouncer before Postgres: sessions of our own are silent, shared ones are named."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from deploy.embedded import Postgres
from deploy.run.analyst_login import url
from tests.support.eventually import eventually
from tests.system.debian import PACKAGES
from tests.system.rabbitmq import free_ports
from workers.database.migrate import migrate
from workers.operations.jobs.checks.database import sessions
from workers.operations.store import analyst_login

PROGRAM = PACKAGES["pgbouncer"]
PASSWORD = "password-of-a-test"


@pytest.fixture(scope="module")
def server():
    """A server that is reached by TCP, as the role of BI tools: PgBouncer runs as another user."""
    with tempfile.TemporaryDirectory(prefix="cention-tests-") as folder:
        server = Postgres(Path(folder) / "postgres", tcp=True)
        server.start()
        with psycopg.connect(server.url) as conn:
            migrate(conn)
            analyst_login.save(conn, PASSWORD)
        yield server
        server.remove()


@contextmanager
def pgbouncer(folder, server, mode):
    """Run PgBouncer in ``mode`` before ``server``; yield its URL."""
    with psycopg.connect(url(server, PASSWORD)) as conn:
        info = conn.info
        name, role = info.dbname, info.user
        target = f"host=127.0.0.1 port={info.port} dbname={name} user={role} password={PASSWORD}"
    [port] = free_ports(1)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n{name} = {target}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = any\npool_mode = {mode}\nunix_socket_dir =\n"
        "ignore_startup_parameters = extra_float_digits,options\n",
        "utf-8",
    )
    folder.chmod(0o755)
    user = ["--user=nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([PROGRAM, *user, settings])
    pooled = f"postgresql://{role}@127.0.0.1:{port}/{name}"

    def answers():
        try:
            with psycopg.connect(pooled):
                return True
        except psycopg.OperationalError:
            return False

    try:
        eventually(answers)
        yield pooled
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize(("mode", "is_named"), [("session", False), ("transaction", True)])
def test_a_pooler_that_shares_sessions_is_named_and_another_is_not(
    server, tmp_path, mode, is_named
):
    if not PROGRAM.exists():
        pytest.skip("PgBouncer is missing: sudo apt-get install pgbouncer")
    with pgbouncer(tmp_path, server, mode) as pooled:
        found = list(sessions(pooled))

    assert bool(found) == is_named
    assert all("A pooler shares sessions" in one.sentence for one in found)
