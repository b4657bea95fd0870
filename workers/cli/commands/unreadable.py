"""``cention unreadable``"""

from __future__ import annotations

import click

from workers.cli.context import json_option, optional_workspace_database, workspace_option
from workers.cli.output import TableColumn, print_line, print_list
from workers.config.names import Mirror
from workers.operations.rules.wording import pluralise
from workers.sync.store import landed
from workers.sync.store.landed import UnreadableLine

COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="family"),
    TableColumn(heading="id", right=True),
    TableColumn(heading="since"),
    TableColumn(heading="problem"),
)


@click.command()
@json_option
@workspace_option
def unreadable(as_json: bool, workspace: str | None) -> None:
    """List stored documents that could not be read."""
    with optional_workspace_database(workspace) as conn:
        found = landed.unreadable(conn, workspace)
    if print_list(found, COLUMNS, _row, as_json=as_json, nothing="Every document could be read."):
        print_line(
            f"{pluralise(len(found), 'document')}, stored as received. "
            "After an update of the bridge: cention renormalise"
        )
        if any(one.family == Mirror.AGENT_LOGONS for one in found):
            print_line(
                "Entries without an id are rows of the log-on log. To see them: cention logons odd"
            )


def _row(one: UnreadableLine) -> tuple[object, ...]:
    return (one.workspace, one.family, one.remote_id, one.fetched_at, one.problem)
