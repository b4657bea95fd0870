"""``cention surveys hold`` and ``resume``"""

from __future__ import annotations

import click

from workers.cli.context import workspace_database, workspace_option
from workers.cli.output import print_line
from workers.operations.jobs.survey_acts import NO_REASON, SurveyActs


@click.command()
@click.option("--reason", default=NO_REASON, help="Why; it is shown to others.")
@workspace_option
def hold(reason: str, workspace: str | None) -> None:
    """Invite nobody until: cention surveys resume."""
    with workspace_database(workspace) as (conn, name):
        changed = SurveyActs(conn=conn, workspace=name).hold(reason)
    print_line(
        f"Surveys of {name} are held." if changed else f"Surveys of {name} are held already."
    )


@click.command()
@workspace_option
def resume(workspace: str | None) -> None:
    """Invite customers again, as the rules say.

    After a database was restored, invitations that were sent since the backup are not in it. So
    the rules that are on then begin now: nobody is invited for what happened before.
    """
    with workspace_database(workspace) as (conn, name):
        changed = SurveyActs(conn=conn, workspace=name).resume()
    print_line(f"Surveys of {name} go on." if changed else f"Surveys of {name} were not held.")
