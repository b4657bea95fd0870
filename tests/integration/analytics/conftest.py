"""Fixtures: a database of one workspace with opening hours."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from deploy.embedded import Postgres
from tests.support.databases import database_copy


@pytest.fixture(scope="module")
def calendar_database(postgres: Postgres, template: str) -> Iterator[psycopg.Connection]:
    """One database for all examples of a module; each rolls back."""
    with (
        database_copy(postgres, template) as url,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        yield conn
