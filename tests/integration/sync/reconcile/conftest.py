"""Fixtures: the commands, the steps of a worker, and a sandbox."""

from __future__ import annotations

from tests.integration.cli.conftest import bridge, environment, errands

__all__ = ["bridge", "environment", "errands"]
