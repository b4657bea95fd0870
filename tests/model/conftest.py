"""The fixtures of the integration tests: a sandbox, and a worker's steps."""

from __future__ import annotations

from tests.integration.conftest import bridge, cention

__all__ = ["bridge", "cention"]
