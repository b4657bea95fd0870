"""The application of a worker that saves errands without their history, to be compared with.

``celery --app tests.bench.without_history worker``
"""

from __future__ import annotations

from typing import Any

from workers.app import app
from workers.sync.store import errand_versions

__all__ = ["app"]


def _nothing(*_arguments: Any, **_options: Any) -> None: ...


errand_versions.keep_present = _nothing
errand_versions.save_reports = _nothing
