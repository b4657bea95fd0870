"""``cention unreadable``"""

from __future__ import annotations

import click

from workers.cli.context import database_of_some, json_option, workspace_option
from workers.cli.output import Column, say, say_list
from workers.config.names import Mirror
from workers.operations.rules.wording import pluralise
from workers.sync.store import landed
from workers.sync.store.landed import UnreadableLine

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
    with database_of_some(workspace) as conn:
        found = landed.unreadable(conn, workspace)
    if say_list(found, COLUMNS, _row, as_json=as_json, nothing="Every document could be read."):
        say(
            f"{pluralise(len(found), 'document')}, kept as they came. "
            "After an update of the bridge: cention renormalise"
        )
        if any(one.family == Mirror.AGENT_LOGONS for one in found):
            say("What has no id is a row of the log of log-ons. To see them: cention logons odd")


def _row(one: UnreadableLine) -> tuple[object, ...]:
    return (one.workspace, one.family, one.remote_id, one.fetched_at, one.problem)
