"""``cention poll``"""

from __future__ import annotations

from contextlib import closing, nullcontext
from functools import partial
from typing import Any

import click

from workers import wiring
from workers.cli.context import database, load_settings_or_exit, select_workspace, workspace_option
from workers.cli.output import print_line, print_stderr
from workers.cli.tokens import require_client
from workers.clients.fetch_loop import FetchLoop
from workers.config.names import Family
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.database import Connection
from workers.operations.jobs.nudges import request_drains
from workers.operations.rules.wording import pluralise
from workers.operations.store import status
from workers.sync.jobs import poll as job
from workers.sync.jobs.poll import ChangedList


@click.command()
@workspace_option
def poll(workspace: str | None) -> None:
    """Poll Cention's lists of changed records now, and have those fetched.

    Polling clears no change flag in Cention.
    """
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    with closing(FetchLoop(settings.fetch_threads)) as loop:
        changed_lists = require_client(
            "errand_data", partial(_changed_lists, loop=loop), settings, chosen
        )
        with database(settings, autocommit=True) as conn:
            answers = {changed.family: _poll(conn, changed) for changed in changed_lists}
    print_stderr(
        request_drains(settings, [(chosen.name, f) for f, found in answers.items() if found])
    )
    if None in answers.values():
        raise click.exceptions.Exit(1)


def _changed_lists(
    settings: Settings, chosen: WorkspaceSettings, *, loop: FetchLoop
) -> list[ChangedList] | None:
    return wiring.changed_lists_of(settings, chosen, loop) or None


def _poll(conn: Connection, changed: ChangedList) -> int | None:
    before = _last_poll(conn, changed.workspace, changed.family)
    found = job.poll(changed, session=lambda: nullcontext(conn))
    last = _last_poll(conn, changed.workspace, changed.family)
    if found is not None:
        print_line(f"{changed.family}: {pluralise(found, 'changed record')} found.")
    elif last == before:
        print_line(f"{changed.family}: another process is polling.")
    else:
        error = last[1] if last else None
        print_line(f"{changed.family}: failed: {error}. To find the cause, run: cention check")
    return found


def _last_poll(conn: Connection, workspace: str, family: Family) -> tuple[Any, Any] | None:
    found = (
        (one.last_poll_at, one.last_poll_error)
        for one in status.families(conn)
        if (one.workspace, one.family) == (workspace, family)
    )
    return next(found, None)
