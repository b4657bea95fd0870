"""Fixtures: the receiver as it is served, and an honest sender beside hostile ones."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.embedded import Postgres, Valkey
from tests.hostile.wire import ServedReceiver
from tests.integration.receiver.receiver_process import serving
from tests.support.databases import database_copy


@pytest.fixture(scope="module")
def own_database(postgres: Postgres, template: str) -> Iterator[str]:
    """The URL of one migrated database for the tests of a module."""
    with database_copy(postgres, template) as url:
        yield url


@pytest.fixture(scope="module", params=["false", "true"], ids=["plain", "protocol"])
def access_log(request: pytest.FixtureRequest) -> str:
    """The setting ``ACCESS_LOG``: with it, gunicorn's protocol has plain requests as well."""
    value: str = request.param
    return value


@pytest.fixture(scope="module")
def module_receiver(own_database: str, valkey: Valkey, access_log: str) -> Iterator[ServedReceiver]:
    """One receiver for the tests of a module."""
    own = {"DATABASE_URL": own_database, "BROKER_URL": valkey.url, "ACCESS_LOG": access_log}
    with (
        tempfile.TemporaryDirectory(prefix="cention-tests-") as folder,
        serving(Path(folder), own) as receiver,
    ):
        yield ServedReceiver(receiver=receiver, database=own_database)


@pytest.fixture
def impatient_receiver(
    own_database: str, valkey: Valkey, access_log: str, tmp_path: Path
) -> Iterator[ServedReceiver]:
    """A receiver that gives a request half a second to arrive, and a connection a second."""
    own = {"DATABASE_URL": own_database, "BROKER_URL": valkey.url, "ACCESS_LOG": access_log}
    launcher = (
        "import receiver.connection_limits as limits; from gunicorn.app.wsgiapp import run;"
        "limits.REQUEST_WITHIN_S = 0.5; run()"
    )
    with serving(tmp_path, own, launcher=("-c", launcher, "--keep-alive", "1")) as receiver:
        yield ServedReceiver(receiver=receiver, database=own_database)


@pytest.fixture
def served(module_receiver: ServedReceiver) -> ServedReceiver:
    """The receiver, with an empty inbox."""
    with psycopg.connect(module_receiver.database) as conn:
        conn.execute("TRUNCATE intake.callback")
    return ServedReceiver(receiver=module_receiver.receiver, database=module_receiver.database)
