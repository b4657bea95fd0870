"""``cention logons names`` and its kin: whose a login name is, which Cention tells nowhere."""

from __future__ import annotations

import click

from workers.cli.context import (
    json_option,
    optional_workspace_database,
    workspace_database,
    workspace_option,
)
from workers.cli.output import TableColumn, escape, print_line, print_list, print_stderr
from workers.mirrors.store import agent_logons as store
from workers.mirrors.store.agent_logons import LoginLine
from workers.operations.rules.wording import pluralise

COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="login name"),
    TableColumn(heading="log-ons", right=True),
    TableColumn(heading="last"),
    TableColumn(heading="agent id", right=True),
    TableColumn(heading="agent"),
)


@click.command()
@json_option
@workspace_option
def names(as_json: bool, workspace: str | None) -> None:
    """List login names, and which agents they were said to be."""
    with optional_workspace_database(workspace) as conn:
        found = store.logins(conn, workspace)
    print_list(found, COLUMNS, _row, as_json=as_json, nothing="No login name is here.")


@click.command("map")
@click.argument("login_name", metavar="LOGIN")
@click.argument("agent_id", metavar="AGENT_ID", type=click.IntRange(min=1))
@workspace_option
def map_login(login_name: str, agent_id: int, workspace: str | None) -> None:
    """Say which agent of the reports has a login name, for the hours in analyst.agent_day.

    The log tells login names, reports tell ids and display names, and nothing tells who is who.
    An agent may have several login names.
    """
    with workspace_database(workspace) as (conn, name):
        agent = store.agent_name(conn, name, agent_id)
        store.map_login(conn, name, login_name, agent_id)
    print_line(f"{escape(login_name)} is agent {agent_id}{f', {agent}' if agent else ''}.")
    if agent is None:
        print_stderr(f"No report has told of an agent {agent_id} yet.")


@click.command()
@click.argument("login_name", metavar="LOGIN")
@workspace_option
def unmap(login_name: str, workspace: str | None) -> None:
    """Unsay which agent has a login name."""
    with workspace_database(workspace) as (conn, name):
        said = store.unmap_login(conn, name, login_name)
    if not said:
        print_stderr(f"Nobody has said whose {escape(login_name)} is.")
        raise click.exceptions.Exit(1)
    print_line(f"{escape(login_name)} is nobody's now.")


@click.command()
@click.argument("login_name", metavar="LOGIN")
@workspace_option
def forget(login_name: str, workspace: str | None) -> None:
    """Remove all log-ons of a login name, as when an agent asks for it.

    What Cention still tells of the last ten minutes comes back: remove it there first.
    """
    with workspace_database(workspace) as (conn, name):
        removed = store.forget(conn, name, login_name)
    print_line(f"{pluralise(removed, 'log-on')} removed.")


def _row(one: LoginLine) -> tuple[object, ...]:
    return (
        one.workspace,
        one.login_name,
        one.logons,
        one.last_at,
        one.agent_id,
        one.agent_name,
    )
