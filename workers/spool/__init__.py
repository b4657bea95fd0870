"""The files in which the receiver keeps callbacks while Postgres is down or unreachable."""

from __future__ import annotations
