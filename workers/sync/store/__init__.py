"""Wanted records and those that arrived, in Postgres."""

from __future__ import annotations
