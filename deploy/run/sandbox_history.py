"""Fetches the sandbox's past: ``python -m deploy.run.sandbox_history DAYS``.

It runs the documented commands: ``cention backfill``, two days at a time and while few reports are
due, so that the first minutes belong to fresh errands, then ``cention logons pull``, and ends.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import Connection

BEGIN_WITHIN_S = 60.0  # also if no errand has arrived until then
LOOK_EVERY_S = 1.0
PRESET = "1"
MAX_DUE = 100  # a second's work: a fresh errand waits no longer


def main() -> None:
    """Wait for the first errands, then fetch the days before that are not done."""
    from workers.cli.registry import cention
    from workers.config.settings import load_settings

    settings = load_settings()
    [workspace] = settings.workspaces
    today = datetime.now(workspace.timezone).date()
    first = today - timedelta(days=int(sys.argv[1]))
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        wait_for_errands(conn)
    pace = ["--chunk", "2d", "--max-due", str(MAX_DUE)]
    days = ["--from", first.isoformat(), "--to", today.isoformat()]
    cention.main(["backfill", "--preset", PRESET, *days, *pace], standalone_mode=False)
    cention.main(["logons", "pull", *days], standalone_mode=False)


def wait_for_errands(conn: Connection[Any]) -> None:
    """Return when there is an errand, or after a minute. Raises ``psycopg.Error``."""
    from workers.operations.store.status import counters

    ends_at = time.monotonic() + BEGIN_WITHIN_S
    while time.monotonic() < ends_at and not counters(conn).errands:
        time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    main()
