"""``cention logons names`` and its kin: whose a login name is, which Cention tells nowhere."""

from __future__ import annotations

import click

from workers.cli.printing import Column, counted, note, plain, say, say_json, say_table
from workers.cli.surroundings import (
    database,
    json_option,
    one_workspace,
    settings_of_this_place,
    some_workspaces,
    workspace_option,
)
from workers.store import agent_logons as store

COLUMNS = (
    Column(heading="workspace"),
    Column(heading="login name"),
    Column(heading="log-ons", right=True),
    Column(heading="last"),
    Column(heading="agent id", right=True),
    Column(heading="agent"),
)


@click.command()
@json_option
@workspace_option
def names(as_json: bool, workspace: str | None) -> None:
    """List login names, and which agents they were said to be."""
    settings = settings_of_this_place()
    some_workspaces(settings, workspace)
    with database(settings) as conn:
        found = store.logins(conn, workspace)
    if as_json:
        say_json(found)
    elif not found:
        say("No login name is here.")
    else:
        rows = [
            (o.workspace, o.login_name, o.logons, o.last_at, o.agent_id, o.agent_name)
            for o in found
        ]
        say_table(COLUMNS, rows)


@click.command("map")
@click.argument("login_name", metavar="LOGIN")
@click.argument("agent_id", metavar="AGENT_ID", type=click.IntRange(min=1))
@workspace_option
def map_login(login_name: str, agent_id: int, workspace: str | None) -> None:
    """Say which agent of the reports has a login name, for the hours in analyst.agent_day.

    The log tells login names, reports tell ids and display names, and nothing tells who is who.
    An agent may have several login names.
    """
    settings = settings_of_this_place()
    chosen = one_workspace(settings, workspace)
    with database(settings) as conn:
        agent = store.agent_name(conn, chosen.name, agent_id)
        store.map_login(conn, chosen.name, login_name, agent_id)
    say(f"{plain(login_name)} is agent {agent_id}{f', {agent}' if agent else ''}.")
    if agent is None:
        note(f"No report has told of an agent {agent_id} yet.")


@click.command()
@click.argument("login_name", metavar="LOGIN")
@workspace_option
def unmap(login_name: str, workspace: str | None) -> None:
    """Unsay which agent has a login name."""
    settings = settings_of_this_place()
    chosen = one_workspace(settings, workspace)
    with database(settings) as conn:
        said = store.unmap_login(conn, chosen.name, login_name)
    if not said:
        note(f"Nobody has said whose {plain(login_name)} is.")
        raise click.exceptions.Exit(1)
    say(f"{plain(login_name)} is nobody's now.")


@click.command()
@click.argument("login_name", metavar="LOGIN")
@workspace_option
def forget(login_name: str, workspace: str | None) -> None:
    """Remove all log-ons of a login name, as when an agent asks for it.

    What Cention still tells of the last ten minutes comes back: remove it there first.
    """
    settings = settings_of_this_place()
    chosen = one_workspace(settings, workspace)
    with database(settings) as conn:
        removed = store.forget(conn, chosen.name, login_name)
    say(f"{counted(removed, 'log-on')} removed.")
