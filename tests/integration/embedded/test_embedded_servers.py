"""The embedded servers are durable and private, and start again after any end."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import kombu
import psycopg
import pytest
import redis

from deploy.embedded import Postgres, Server, StartupError, Valkey, data_dir
from deploy.embedded.data_dir import DataDir, installed_distribution
from deploy.run import analyst_login, run_secrets
from tests.support.eventually import eventually
from workers.operations.store import analyst_login as store

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a short path that every user can enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def postgres(folder: Path) -> Iterator[Postgres]:
    server = Postgres(folder / "postgres", settings={"max_connections": "17"})
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def valkey(folder: Path) -> Iterator[Valkey]:
    server = Valkey(folder / "valkey")
    server.start()
    yield server
    server.remove()


@pytest.fixture
def query(postgres: Postgres) -> Callable[[str], object]:
    def run_query(statement: str) -> object:
        with psycopg.connect(postgres.url) as conn:
            cursor = conn.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None

    return run_query


@pytest.fixture
def client(valkey: Valkey) -> Iterator[redis.Redis]:
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        yield client


def test_the_database_of_the_url_is_created(query):
    assert query("SELECT current_database()") == "cention"


def test_a_committed_row_survives_a_sigkill_of_postgres(postgres, query):
    query("CREATE TABLE fact (n int)")
    query("INSERT INTO fact VALUES (33)")

    postgres.kill()
    postgres.start()

    assert query("SELECT n FROM fact") == 33


def test_postgres_is_durable_and_accepts_further_settings(query):
    assert query("SHOW fsync") == "on"
    assert query("SHOW synchronous_commit") == "on"
    assert query("SHOW max_connections") == "17"


def test_postgres_sorts_and_stores_unicode_in_the_same_way_on_every_machine(query):
    assert query("SHOW server_encoding") == "UTF8"
    assert query("SELECT upper('åäö')") == "ÅÄÖ"


def test_postgres_listens_on_no_port_and_only_its_owner_can_enter_its_socket_folder(
    postgres, query
):
    assert query("SHOW listen_addresses") == ""
    assert stat.S_IMODE(postgres.sockets.stat().st_mode) == 0o700


def connect_as(user: int, url: str) -> str:
    """Return the error that a process of ``user`` gets from a connection; empty if there is none.

    It is a fork, because the user may be unable to read Python.
    """
    receiving, sending = os.pipe()
    if (child := os.fork()) == 0:
        error = "ended"
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(user)
            psycopg.connect(url, connect_timeout=2)
            error = ""
        except BaseException as caught:
            error = str(caught)
        finally:
            os.write(sending, error.encode())
            os._exit(0)
    os.close(sending)
    os.waitpid(child, 0)
    with open(receiving, encoding="utf-8") as pipe:
        return pipe.read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_no_other_local_user_is_let_in(postgres):
    """Not even other processes of the user that the server runs as."""
    owner = postgres.data.stat().st_uid
    for path in (postgres.data, postgres.sockets):
        listing = subprocess.run(
            ["/bin/ls", str(path)], user=owner, group=65534, extra_groups=[], cwd="/", check=False
        )
        assert listing.returncode != 0

    postgres.sockets.parent.chmod(0o711)  # as an earlier version left it
    try:
        assert "Peer authentication failed" in connect_as(owner, postgres.url)
    finally:
        postgres.sockets.parent.chmod(0o710)


def test_by_tcp_the_analyst_reads_with_a_password_and_nobody_comes_in_without(folder):
    server = Postgres(folder / "tcp", tcp=True)
    server.start()
    try:
        port = server.port
        with psycopg.connect(server.url) as conn:
            conn.execute("CREATE ROLE cention_analyst NOLOGIN")
            store.save(conn, "right")

        with psycopg.connect(analyst_login.url(server, "right")) as conn:
            assert conn.execute("SELECT current_user").fetchone() == ("analyst",)
            assert conn.execute("SHOW statement_timeout").fetchone() == ("10min",)
        for wrong in (
            analyst_login.url(server, "wrong"),
            f"postgresql://cention@127.0.0.1:{port}/cention",
        ):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(wrong)

        server.stop()
        server.start()
        assert server.port == port
    finally:
        server.remove()


def test_the_password_of_bi_tools_is_kept_and_readable_by_its_owner_only(tmp_path):
    file = tmp_path / "password"

    password = run_secrets.password_in(file)

    assert run_secrets.password_in(file) == password
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_postgres_never_runs_as_root(postgres):
    assert postgres.data.stat().st_uid != 0


def test_a_stopped_postgres_leaves_no_socket(postgres):
    postgres.stop()

    assert list(postgres.sockets.iterdir()) == []
    postgres.start()


def test_a_lock_file_with_the_process_id_of_another_program_does_not_prevent_a_start(
    postgres, query
):
    """After a crash of the machine the process id may belong to another program."""
    postgres.stop()
    owner = postgres.data.stat().st_uid
    lock = postgres.data / "postmaster.pid"

    with subprocess.Popen(["/bin/sleep", "60"], user=owner, cwd="/") as other:
        lock.write_text(f"{other.pid}\n{postgres.data}\n", encoding="ascii")
        os.chown(lock, owner, -1)
        postgres.start()
        other.kill()

    assert query("SELECT 1") == 1


def test_an_unfinished_cluster_is_created_again(folder):
    server = Postgres(folder / "unfinished")
    server.prepare()
    server.data.rename(server.data.with_name("data.new"))

    server.start()

    assert server.is_ready()
    server.remove()


def test_data_of_another_version_are_refused_and_not_touched(folder):
    server = Postgres(folder / "older")
    server.prepare()
    (server.data / "PG_VERSION").write_text("12\n", encoding="ascii")

    with pytest.raises(StartupError, match=r"PostgreSQL 12.*\n.*pg_dump"):
        server.start()

    assert (server.data / "base").is_dir()
    server.remove()


def test_an_unknown_user_is_named_with_a_remedy(folder):
    with pytest.raises(StartupError, match=r'"missing-user".*\n.*EMBEDDED_POSTGRES_USER'):
        DataDir(folder / "userless", user="missing-user").make()


def test_a_folder_that_others_cannot_enter_is_possible_and_keeps_its_mode(folder):
    private = folder / "private"
    private.mkdir(mode=0o700)
    server = Postgres(private / "postgres")

    server.start()

    assert server.is_ready()
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    server.remove()
    assert list(private.iterdir()) == []


def test_programs_that_its_user_cannot_reach_are_copied(folder, monkeypatch):
    """For example in a clone in root's home folder."""
    closed = folder / "closed"
    packages = installed_distribution().parents[1]
    for package in packages.glob("embedded_postgres*"):
        shutil.copytree(package, closed / package.name, symlinks=True)
    closed.chmod(0o700)
    installed = closed / "embedded_postgres" / "pginstall"
    monkeypatch.setattr(data_dir, "installed_distribution", lambda: installed)

    server = Postgres(folder / "state")
    server.start()

    try:
        assert server.is_ready()
    finally:
        server.remove()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_a_path_longer_than_the_limit_of_sockets_is_possible(folder: Path, kind: type[Server]):
    server = kind(folder / f"a long name # 100% {'of a folder ' * 8}" / kind.__name__)

    server.start()

    assert server.is_ready()
    server.remove()


def test_celery_can_connect_to_valkey_in_a_folder_with_any_name(folder):
    server = Valkey(folder / "a #1; 100% ü")
    server.start()

    with kombu.Connection(server.url) as connection, connection.SimpleQueue("nudges") as queue:
        queue.put("poll")
        assert queue.get(timeout=5).payload == "poll"

    server.remove()


def test_written_values_survive_a_sigkill_of_valkey(valkey, client):
    client.set("nudge", "poll")
    assert eventually(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0)

    valkey.kill()
    valkey.start()

    assert client.get("nudge") == b"poll"


def test_valkey_never_evicts(client):
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("append*")["appendfsync"] == "everysec"


def test_valkey_listens_on_no_port_and_only_its_owner_can_use_its_socket(valkey, client):
    assert client.config_get("port") == {"port": "0"}
    assert stat.S_IMODE(valkey.socket.stat().st_mode) == 0o700


def test_a_stopped_valkey_leaves_no_socket(valkey):
    valkey.stop()

    assert not valkey.socket.exists()
    valkey.start()


@pytest.mark.parametrize("kind", ["Postgres", "Valkey"])
def test_a_server_ends_when_the_process_that_started_it_is_killed(folder: Path, kind: str):
    state = folder / f"orphan-{kind}"
    script = (
        "import os, signal, sys, pathlib, deploy.embedded as e\n"
        f"e.{kind}(pathlib.Path(sys.argv[1])).start()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    server: Server = {"Postgres": Postgres, "Valkey": Valkey}[kind](state)

    subprocess.run([sys.executable, "-c", script, state], cwd=ROOT, check=False)

    assert eventually(lambda: not server.is_ready(), within_s=5)
    server.remove()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_a_server_inherits_no_variable_and_so_no_secret(
    folder: Path, kind: type[Server], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CENTION_TOKEN", "very secret")
    server = kind(folder / f"bare-{kind.__name__}")
    server.start()

    inherited = Path(f"/proc/{server._process.pid}/environ").read_bytes()

    server.remove()
    assert b"very secret" not in inherited
