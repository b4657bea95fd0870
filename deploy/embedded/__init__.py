"""Embedded PostgreSQL and Valkey servers from Python wheels. They need no installation or root."""

from __future__ import annotations

from deploy.embedded.errors import StartupError
from deploy.embedded.postgres import Postgres
from deploy.embedded.server import Server
from deploy.embedded.valkey import Valkey

__all__ = ["Postgres", "Server", "StartupError", "Valkey"]
