"""Files in which the receiver stores callbacks while Postgres is down or unreachable."""

from __future__ import annotations
