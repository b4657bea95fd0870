"""Connections to Postgres, migrations and views, used by every store.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import psycopg

Connection: TypeAlias = psycopg.Connection[Any]

Transaction: TypeAlias = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction: commits when the block ends normally, rolls back when it raises."""
