"""``cention logons names``, ``map``, ``unmap`` and ``forget``: which agent has a login name."""

from __future__ import annotations

import click

from schemas.text.printable import escape
from workers.cli.context import (
    json_option,
    optional_workspace_database,
    workspace_database,
    workspace_option,
)
from workers.cli.output import TableColumn, print_line, print_list, print_stderr
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
    """List login names, and the agents to which they are mapped."""
    with optional_workspace_database(workspace) as conn:
        found = store.logins(conn, workspace)
    print_list(found, COLUMNS, _row, as_json=as_json, nothing="No login name is stored.")


@click.command("map")
@click.argument("login_name", metavar="LOGIN")
@click.argument("agent_id", metavar="AGENT_ID", type=click.IntRange(min=1))
@workspace_option
def map_login(login_name: str, agent_id: int, workspace: str | None) -> None:
    """Map a login name to an agent of the reports, for the hours in analyst.agent_day.

    Cention's log has login names, its reports have agent ids and display names, and no document
    of Cention connects the two. An agent may have several login names.
    """
    with workspace_database(workspace) as (conn, name):
        agent = store.agent_name(conn, name, agent_id)
        store.map_login(conn, name, login_name, agent_id)
    named = f", {agent}" if agent else ""
    print_line(f"Login name {escape(login_name)} is mapped to agent {agent_id}{named}.")
    if agent is None:
        print_stderr(f"No report has mentioned an agent {agent_id} yet.")


@click.command()
@click.argument("login_name", metavar="LOGIN")
@workspace_option
def unmap(login_name: str, workspace: str | None) -> None:
    """Remove the mapping from a login name to an agent."""
    with workspace_database(workspace) as (conn, name):
        removed = store.unmap_login(conn, name, login_name)
    if not removed:
        print_stderr(f"{escape(login_name)} is not mapped to an agent.")
        raise click.exceptions.Exit(1)
    print_line(f"{escape(login_name)} is no longer mapped to an agent.")


@click.command()
@click.argument("login_name", metavar="LOGIN")
@workspace_option
def forget(login_name: str, workspace: str | None) -> None:
    """Delete all log-ons of a login name, for instance on an agent's request.

    Log-ons of the last ten minutes that Cention still has are fetched again: delete them in
    Cention first.
    """
    with workspace_database(workspace) as (conn, name):
        removed = store.forget(conn, name, login_name)
    print_line(f"{pluralise(removed, 'log-on')} deleted.")


def _row(one: LoginLine) -> tuple[object, ...]:
    return (
        one.workspace,
        one.login_name,
        one.logons,
        one.last_at,
        one.agent_id,
        one.agent_name,
    )
