"""An external PostgreSQL over TLS, whose primary dies while errands arrive: nothing is lost."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from deploy.run.run_env import quoted
from tests.acceptance.comparison import SandboxControl, wait_for_no_difference
from tests.acceptance.running_bridge import SECRETS, Run, empty_folder, running_bridge
from tests.support.certificates import certificates
from tests.support.eventually import eventually
from tests.system.postgres_server import DEBIAN, NotInstalled, Server, give, programs_of
from tests.system.rabbitmq import free_ports
from workers.database.migrate import migrate
from workers.surveys.store import holds

PASSWORD = "p@ss:/w%#rd&+ ="
HBA = """\
local all all trust
hostssl cention bridge 127.0.0.1/32 scram-sha-256
hostssl replication bridge 127.0.0.1/32 scram-sha-256
"""
WITHIN_S = 180.0  # on a busy machine; what it took is in the report


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A primary that waits for its standby with each commit, and the URL of both."""

    primary: Server
    standby: Server
    url: str


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with empty_folder() as folder:
        try:
            programs = programs_of(DEBIAN, folder)
        except NotInstalled as error:
            pytest.skip(str(error))
        made = certificates(folder)
        ports = free_ports(2)
        servers = [
            Server(
                programs, folder / name, sockets=folder / f"{name}-socket", port=port,
                listen_addresses="127.0.0.1", ssl="on",
                ssl_cert_file=str(folder / name / "server.crt"),
                ssl_key_file=str(folder / name / "server.key"),
            )
            for name, port in zip(("primary", "standby"), ports, strict=True)
        ]  # fmt: skip
        primary, standby = servers
        primary.initialise(HBA)
        standby.own_folder()
        for server in servers:
            for file in (made.certificate, made.key):
                copy = Path(shutil.copy(file, server.folder))
                copy.chmod(0o600)
                give(copy)
        try:
            primary.start()
            create_role_and_database(primary)
            follow(standby, primary, made.authority)
            hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
            yield Pair(
                primary=primary,
                standby=standby,
                url=f"postgresql://bridge:{quote(PASSWORD, safe='')}@{hosts}/cention"
                f"?sslmode=verify-full&sslrootcert={made.authority}"
                "&target_session_attrs=read-write",
            )
        finally:
            for server in servers:
                server.end()


def create_role_and_database(primary: Server) -> None:
    with psycopg.connect(primary.socket_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE ROLE bridge LOGIN CREATEROLE REPLICATION PASSWORD {}").format(PASSWORD)
        )
        admin.execute("CREATE DATABASE cention OWNER bridge")


def follow(standby: Server, primary: Server, authority: Path) -> None:
    """Make a copy of the primary that follows it, and have the primary wait for it."""
    standby.run(
        "pg_basebackup", "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
        f"--pgdata={standby.data}",
        f"--dbname=host=127.0.0.1 port={primary.port} user=bridge application_name=standby"
        f" sslmode=verify-full sslrootcert={authority}",
        environment={"PGPASSWORD": PASSWORD},
    )  # fmt: skip
    standby.start()
    with psycopg.connect(primary.socket_url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        admin.execute("SELECT pg_reload_conf()")
        query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        assert eventually(lambda: admin.execute(query).fetchone() == (1,), within_s=WITHIN_S)


def stored(url: str) -> int:
    """Return the number of errands; 0 while no server takes writes."""
    try:
        with psycopg.connect(url, connect_timeout=5) as conn:
            [[count]] = conn.execute("SELECT count(*) FROM cention.errand").fetchall()
    except psycopg.Error:
        return 0
    return int(count)


def places_of_the_password(run: Run) -> list[str]:
    """Return the files and the arguments of processes that hold the password."""
    forms = [form.encode() for form in (PASSWORD, quote(PASSWORD, safe=""), quoted(PASSWORD))]
    files = [path for path in run.var.rglob("*") if path.is_file()]
    commands = [Path(f"/proc/{process.pid}/cmdline") for process in run.descendants()]
    return [
        str(path)
        for path in (*files, *commands, run.folder / "output.txt")
        if any(form in path.read_bytes() for form in forms)
    ]


def test_a_primary_that_dies_and_a_promoted_standby_lose_nothing(pair, tmp_path, record_property):
    secret = tmp_path / "database_url"
    secret.write_text(pair.url + "\n", "utf-8")
    given = {**SECRETS, "DATABASE_URL_FILE": str(secret)}
    with empty_folder() as folder, running_bridge(folder, **given) as run:
        sandbox = SandboxControl(root=run.addresses()["CENTION_URL"].removesuffix("/s/sandbox"))
        sandbox.post("resume", {"rate": 20})
        assert eventually(lambda: stored(pair.url) > 50, within_s=WITHIN_S)

        pair.primary.end(signal.SIGKILL)
        began = time.monotonic()
        before = int(sandbox.get("stats")["errands"])
        with psycopg.connect(pair.standby.socket_url, autocommit=True) as admin:
            admin.execute("SELECT pg_promote()")
        assert eventually(lambda: stored(pair.url) > before, within_s=WITHIN_S)
        record_property("seconds until errands were stored again", time.monotonic() - began)

        sandbox.post("quiet")
        wait_for_no_difference(sandbox, pair.url, within_s=WITHIN_S)
        assert places_of_the_password(run) == []


def test_surveys_are_held_from_the_first_moment_of_a_promoted_standby(pair):
    """Until its first checkpoint, which may take minutes, its checkpoint has the old timeline."""
    with psycopg.connect(pair.url) as conn:
        migrate(conn)
        assert not holds.hold_if_restored(conn)
    with psycopg.connect(pair.standby.socket_url, autocommit=True) as admin:
        query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
        [[checkpointer]] = admin.execute(query).fetchall()
        pair.primary.end(signal.SIGKILL)
        os.kill(checkpointer, signal.SIGSTOP)
        try:
            admin.execute("SELECT pg_promote()")
            with psycopg.connect(pair.url) as conn:
                point = conn.execute("SELECT timeline_id FROM pg_control_checkpoint()").fetchone()
                held = [holds.hold_if_restored(conn) for _ in range(2)]
        finally:
            os.kill(checkpointer, signal.SIGCONT)
        admin.execute("CHECKPOINT")
    with psycopg.connect(pair.url) as conn:
        held.append(holds.hold_if_restored(conn))

    assert point == (1,)
    assert held == [True, False, False]
