"""Connections to Postgres, migrations and views; the stores speak SQL through it.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from psycopg import Connection

Transaction: TypeAlias = Callable[[], AbstractContextManager[Connection[Any]]]
"""Lends a connection: commits when the block ends well, rolls back when it raises."""
