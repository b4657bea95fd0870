"""The address at which BI tools read the embedded PostgreSQL."""

from __future__ import annotations

from deploy.embedded import Postgres
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.postgres import DATABASE
from workers.operations.store.analyst_login import ROLE


def url(postgres: Postgres, password: str) -> str:
    """Return the address for BI tools."""
    return f"postgresql://{ROLE}:{password}@{LOOPBACK}:{postgres.port}/{DATABASE}"
