"""The state of the bridge as Postgres knows it."""

from __future__ import annotations
