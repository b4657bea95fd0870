"""A real PostgreSQL and a real Valkey out of Python wheels: no installation, no root needed."""

from __future__ import annotations

from deploy.embedded.errors import CannotStart
from deploy.embedded.postgres import Postgres
from deploy.embedded.server import Server
from deploy.embedded.valkey import Valkey

__all__ = ["CannotStart", "Postgres", "Server", "Valkey"]
