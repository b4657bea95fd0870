"""Fixtures: a database of one workspace with opening hours, and sessions of a computing worker."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from deploy.embedded import Postgres
from tests.support.databases import database_copy
from workers.database import Transaction


@pytest.fixture(scope="module")
def calendar_database(postgres: Postgres, template: str) -> Iterator[psycopg.Connection]:
    """One database for all examples of a module; each rolls back."""
    with (
        database_copy(postgres, template) as url,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        yield conn


@pytest.fixture
def session(database: str) -> Transaction:
    """Opens a session in autocommit mode, as the job that computes figures asks for."""
    return partial(psycopg.connect, database, autocommit=True)
