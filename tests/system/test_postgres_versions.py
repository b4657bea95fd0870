"""The bridge on every supported PostgreSQL: migrations, all queries, drains, and a whole run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.running_bridge import SECRETS, empty_folder, running_bridge
from tests.support.databases import create_template
from tests.support.eventually import eventually
from tests.support.folders import server_folder
from tests.support.servers import postgres_in, valkey_in
from tests.system.postgres_server import (
    DEBIAN,
    FROM_NPM,
    NO_DURABILITY,
    NotInstalled,
    Server,
    programs_of,
)
from workers.operations.store.status import counters

ROOT = Path(__file__).parents[2]
# The first tries each named query and view.
TESTS = (
    "tests/integration/database/test_two_workspaces.py",
    "tests/integration/sync/drain/test_drain.py",
)
WITHIN_S = 180.0  # on a busy machine


@pytest.fixture(scope="module", params=sorted([DEBIAN, *FROM_NPM]))
def servers(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder with the servers of a session of tests, whose PostgreSQL is of another version."""
    with server_folder() as folder:
        folder.chmod(0o711)
        (folder / "postgres").mkdir()
        try:
            programs = programs_of(request.param, folder)
        except NotInstalled as error:
            pytest.skip(str(error))
        expected = postgres_in(folder)
        server = Server(
            programs, folder / "postgres", sockets=expected.sockets, port=expected.port,
            **NO_DURABILITY,
        )  # fmt: skip
        valkey = valkey_in(folder)
        try:
            server.initialise("local all all trust\n")
            server.start()
            with psycopg.connect(server.socket_url, autocommit=True) as admin:
                admin.execute("CREATE DATABASE cention")
                admin.execute("CREATE DATABASE whole")
                assert str(admin.info.server_version // 10_000) == request.param
            create_template(expected)
            valkey.start()
            yield folder
        finally:
            valkey.remove()
            server.end()


def test_migrations_queries_and_drains(servers):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--servers={servers}", *TESTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-20_000:]


def test_errands_and_answers_arrive_from_the_sandbox(servers):
    url = postgres_in(servers).url_of("whole")

    def arrived():
        with psycopg.connect(url) as conn:
            found = counters(conn)
        return all((found.errands, found.questions, found.logons, found.exported))

    with empty_folder() as folder, running_bridge(folder, DATABASE_URL=url, **SECRETS):
        assert eventually(arrived, within_s=WITHIN_S)
