"""Fixtures for all tests: an embedded PostgreSQL, an embedded Valkey, databases and documents."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from hypothesis import HealthCheck, settings

import deploy
from deploy.embedded import Postgres, Valkey
from tests.support.databases import TEMPLATE, create_template, database_copy
from tests.support.folders import server_folder
from tests.support.servers import postgres_in, valkey_in

# Settings of the shell change no test: of a running bridge, of libpq, of proxies, of a terminal.
_SETTINGS = (Path(deploy.__file__).parent / "env.example").read_text("utf-8").splitlines()
for _name in (
    *(line.removeprefix("# ").partition("=")[0] for line in _SETTINGS),
    *(name for name in os.environ if name.startswith("PG") or name.lower().endswith("_proxy")),
    *("COLUMNS", "LINES", "FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR"),
):
    os.environ.pop(_name, None)

# Tests send these to processes, which inherit what the session ignores, as after `nohup`.
for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGTERM, lambda *_: None),
    (signal.SIGHUP, lambda *_: None),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)

DOCUMENTS = Path(__file__).parent / "support" / "documents"
# However busy a machine is, no test fails because generating input or a test takes long.
settings.register_profile("all", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("all")
settings.register_profile("fast", settings.get_profile("all"), max_examples=20)

WITHOUT_SERVERS = frozenset({"unit", "properties", "architecture"})  # what `make test-fast` runs
SERVERS = frozenset({"postgres", "valkey"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--servers", type=Path, help="folder of running servers that tests shall use")
    parser.addoption(
        "--restored-errands", type=int, default=6, help="as many before and after a moment restored"
    )


@pytest.hookimpl(trylast=True)  # after the order has been made random
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Put the slowest folder first; fail if a test in a folder without servers uses a server."""
    using = [
        item.nodeid
        for item in items
        if SERVERS.intersection(item.fixturenames) and _folder(item) in WITHOUT_SERVERS
    ]
    if using:
        raise pytest.UsageError(f"these tests use a server, and belong elsewhere: {using}")
    items.sort(key=lambda item: _folder(item) != "acceptance")


def _folder(item: pytest.Function) -> str:
    """Return the folder of ``tests`` that a test is in; empty if it lies elsewhere."""
    tests = Path(__file__).parent
    return item.path.relative_to(tests).parts[0] if item.path.is_relative_to(tests) else ""


@pytest.fixture
def document() -> Callable[[str], dict[str, Any]]:
    """Read a document of ``tests/support/documents`` by its name."""

    def read(name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((DOCUMENTS / f"{name}.json").read_text("utf-8"))
        return document

    return read


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Postgres]:
    """One embedded PostgreSQL for the session."""
    if running := pytestconfig.getoption("servers"):
        yield postgres_in(running)
        return
    with server_folder() as folder:
        server = postgres_in(folder)
        server.start()
        yield server
        server.remove()


@pytest.fixture(scope="session")
def valkey(pytestconfig: pytest.Config) -> Iterator[Valkey]:
    """One embedded Valkey for the session."""
    if running := pytestconfig.getoption("servers"):
        yield valkey_in(running)
        return
    with server_folder() as folder:
        server = valkey_in(folder)
        server.start()
        yield server
        server.remove()


@pytest.fixture(scope="session")
def template(pytestconfig: pytest.Config, postgres: Postgres) -> str:
    """The name of a migrated database, of which each test gets a copy."""
    if not pytestconfig.getoption("servers"):
        create_template(postgres)
    return TEMPLATE


@pytest.fixture
def database(postgres: Postgres, template: str) -> Iterator[str]:
    """The URL of a new migrated database."""
    with database_copy(postgres, template) as url:
        yield url


@pytest.fixture
def transaction(database: str) -> Callable[[], AbstractContextManager[psycopg.Connection[Any]]]:
    """Open a transaction on ``database``."""

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
