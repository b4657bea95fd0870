"""Fixtures: the commands and the steps of workers, beside a sandbox."""

from __future__ import annotations

from tests.integration.cli.conftest import bridge, environment, errands

__all__ = ["bridge", "environment", "errands"]
