"""``cention migrate``"""

from __future__ import annotations

import click
import psycopg

from workers.cli.context import load_settings_or_exit
from workers.cli.errors import CommandError
from workers.cli.output import print_line
from workers.database import error_messages
from workers.operations.jobs import migrate as job


@click.command()
def migrate() -> None:
    """Migrate the database to this version, and store the settings of the workspaces.

    Waits up to 30 seconds for the database. Safe to run at any time, also several at once.
    """
    settings = load_settings_or_exit()
    try:
        done = job.migrate(settings)
    except job.WorkspaceMoved as error:
        raise CommandError(*str(error).split("\n")) from None
    except psycopg.Error as error:
        raise CommandError(error_messages.describe(error, settings.database_url)) from None
    for line in done or ["The database is up to date already."]:
        print_line(line)
