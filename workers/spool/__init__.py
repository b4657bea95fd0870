"""The files in which the receiver keeps callbacks while Postgres is away."""

from __future__ import annotations
