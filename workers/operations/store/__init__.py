"""The state of the bridge, read from Postgres."""

from __future__ import annotations
