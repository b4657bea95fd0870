"""The stored rows of a person's records, beside those of others."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from tests.support.databases import database_copy
from tests.support.two_workspaces import NUMBER, ONE, Workspaces
from workers.privacy.store import person_rows


@pytest.fixture(scope="module")
def conn(postgres, template):
    """A database with a row of each table, of one number in two workspaces."""
    with (
        database_copy(postgres, template) as url,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        Workspaces(conn, now=datetime.now(UTC), with_other=True)
        yield conn


@pytest.mark.parametrize("read", [person_rows.of_errands, person_rows.of_ratings])
def test_no_row_of_another_number_or_workspace_is_among_those_of_a_person(conn, read):
    assert read(conn, [(ONE, NUMBER + 1)]) == []

    own = read(conn, [(ONE, NUMBER)])

    assert {row["workspace"] for _, row in own if "workspace" in row} == {ONE}
