"""``cention want``"""

from __future__ import annotations

import click

from workers.cli.context import database, load_settings_or_exit, select_workspace, workspace_option
from workers.cli.ids import read_ids
from workers.cli.output import print_line, print_stderr
from workers.config.names import Family
from workers.operations.jobs.repairs import Repairs
from workers.operations.rules.wording import pluralise


@click.command()
@click.argument("family", type=click.Choice([family.value for family in Family]))
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@workspace_option
def want(family: str, ids: tuple[str, ...], workspace: str | None) -> None:
    """Have records fetched again, in whatever state they are.

    ID is a number, a range such as 5-9, or - to read ids from standard input. Records that wait
    for a retry, or are parked, become due at once.
    """
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    found = read_ids(ids)
    with database(settings) as conn:
        problem = Repairs(conn=conn, settings=settings).fetch_again(
            chosen.name, Family(family), found
        )
    print_line(f"{pluralise(len(found), 'record')} of {family} will be fetched now.")
    print_stderr(problem)
