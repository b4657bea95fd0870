"""``cention unreadable``"""

from __future__ import annotations

import click

from workers.cli.printing import Column, counted, say, say_json, say_table
from workers.cli.surroundings import (
    database,
    json_option,
    settings_of_this_place,
    some_workspaces,
    workspace_option,
)
from workers.queues import Mirror
from workers.store import landed

COLUMNS = (
    Column(heading="workspace"),
    Column(heading="family"),
    Column(heading="id", right=True),
    Column(heading="since"),
    Column(heading="problem"),
)


@click.command()
@json_option
@workspace_option
def unreadable(as_json: bool, workspace: str | None) -> None:
    """List documents that were kept and make no sense."""
    settings = settings_of_this_place()
    some_workspaces(settings, workspace)
    with database(settings) as conn:
        found = landed.unreadable(conn, workspace)
    if as_json:
        say_json(found)
    elif not found:
        say("Every document could be read.")
    else:
        rows = [
            (one.workspace, one.family, one.remote_id, one.fetched_at, one.problem) for one in found
        ]
        say_table(COLUMNS, rows)
        say(
            f"{counted(len(found), 'document')}, kept as they came. "
            "After an update of the bridge: cention renormalise"
        )
        if any(one.family == Mirror.AGENT_LOGONS for one in found):
            say("What has no id is a row of the log of log-ons. To see them: cention logons odd")
