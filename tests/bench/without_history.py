"""The application of a worker that saves errands without their history, to be compared with.

It writes no versions and no marks, fires no triggers, and counts no minutes:
``celery --app tests.bench.without_history worker``
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workers.app import app
from workers.database import connections
from workers.sync.store import activity, errand_versions, metrics_due

__all__ = ["app"]


def _nothing(*_arguments: Any, **_options: Any) -> None: ...


@contextmanager
def _unmarked(*_arguments: Any) -> Iterator[None]:
    yield


errand_versions.keep_present = _nothing
errand_versions.save_reports = _nothing
activity.count_fetches = _nothing
metrics_due.marked_together = _unmarked
connections.SETTINGS = (*connections.SETTINGS, "session_replication_role=replica")
