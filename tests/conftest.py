"""Real servers for every test that wants one: an embedded PostgreSQL and an embedded Valkey."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from deploy.embedded import Postgres, Valkey
from tests.support.databases import database_copy
from workers.database.migrate import migrate

DOCUMENTS = Path(__file__).parent / "support" / "documents"
# Nothing here outlives the session: what tests durability starts a server of its own.
NO_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture
def document() -> Callable[[str], dict[str, Any]]:
    """Read a document of ``tests/support/documents`` by its name; each call gives a fresh one."""

    def read(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((DOCUMENTS / f"{name}.json").read_text("utf-8"))
        return found

    return read


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One embedded PostgreSQL for the session."""
    with tempfile.TemporaryDirectory(prefix="cention-tests-") as folder:
        server = Postgres(
            Path(folder) / "postgres", settings=NO_DURABILITY | {"max_connections": "200"}
        )
        server.start()
        yield server
        server.remove()


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """One embedded Valkey for the session."""
    with tempfile.TemporaryDirectory(prefix="cention-tests-") as folder:
        server = Valkey(Path(folder) / "valkey")
        server.start()
        yield server
        server.remove()


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """Migrate one database per session; every test gets a copy of it."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE template_migrated")
    with psycopg.connect(postgres.url_of("template_migrated")) as conn:
        migrate(conn)
    return "template_migrated"


@pytest.fixture
def database(postgres: Postgres, template: str) -> Iterator[str]:
    """The URL of a migrated database of the test's own."""
    with database_copy(postgres, template) as url:
        yield url


@pytest.fixture
def transaction(database: str) -> Callable[[], AbstractContextManager[psycopg.Connection[Any]]]:
    """Lends a connection: commits when the block ends well."""

    @contextmanager
    def begin() -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(database) as conn:
            yield conn

    return begin


@pytest.fixture
def broker(valkey: Valkey) -> Iterator[str]:
    """The URL of an empty broker."""
    yield valkey.url
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        client.flushall()
