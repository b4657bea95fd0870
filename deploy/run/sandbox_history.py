"""Fetches the sandbox's past: ``python -m deploy.run.sandbox_history DAYS``.

It runs the documented commands: ``cention backfill``, two days at a time and while few reports are
due, so that the first minutes belong to fresh errands, then ``cention logons pull``, and ends. Days
whose errands may have changed since an earlier run are fetched again.
"""

from __future__ import annotations

import sys
import time
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import Connection

from deploy.sandbox.world.history.life import MAX_S

BEGIN_WITHIN_S = 60.0  # also if no errand has arrived until then
LOOK_EVERY_S = 1.0
PRESET = "1"
MAX_DUE = 100  # a second's work: a fresh errand waits no longer
# The sandbox itself lists what changed in the last 36 hours, and some are spent on fetching.
REPEATED_AFTER = timedelta(days=1)
CHANGES_FOR = timedelta(seconds=MAX_S) + timedelta(days=1)  # from the midnight of its day on


def main() -> None:
    """Wait for the first errands, then fetch the days before that are not done."""
    from workers.cli.registry import cention
    from workers.config.settings import load_settings

    settings = load_settings()
    [workspace] = settings.workspaces
    today = datetime.now(workspace.timezone).date()
    first = today - timedelta(days=int(sys.argv[1]))
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        forget_changed_days(conn, workspace.name, first)
        wait_for_errands(conn)
    pace = ["--chunk", "2d", "--max-due", str(MAX_DUE)]
    days = ["--from", first.isoformat(), "--to", today.isoformat()]
    cention.main(["backfill", "--preset", PRESET, *days, *pace], standalone_mode=False)
    cention.main(["logons", "pull", *days], standalone_mode=False)


def forget_changed_days(conn: Connection[Any], workspace: str, first: date) -> None:
    """Have days from ``first`` on repeated that were done by an earlier run, too early to be final.

    The past goes on between two runs: errands of such a day were answered, reopened or rated.
    Raises ``psycopg.Error``.
    """
    from workers.mirrors.store import backfill_days

    backfill_days.forget_early(
        conn,
        backfill_days.Source(workspace=workspace, preset_id=PRESET, by_closure=False),
        first=first,
        done_ago=REPEATED_AFTER,
        changes_for=CHANGES_FOR,
    )


def wait_for_errands(conn: Connection[Any]) -> None:
    """Return when there is an errand, or after a minute. Raises ``psycopg.Error``."""
    from workers.operations.store.status import counters

    ends_at = time.monotonic() + BEGIN_WITHIN_S
    while time.monotonic() < ends_at and not counters(conn).errands:
        time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    main()
