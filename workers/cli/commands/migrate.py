"""``cention migrate``"""

from __future__ import annotations

import click
import psycopg

from workers.cli.context import settings_of_this_place
from workers.cli.errors import Trouble
from workers.cli.output import say
from workers.database import error_messages
from workers.operations.jobs import migrate as job


@click.command()
def migrate() -> None:
    """Bring the database up to date with this version.

    Waits up to 30 seconds for the database. May be run at any time, by several at once.
    """
    settings = settings_of_this_place()
    try:
        done = job.migrate(settings)
    except psycopg.Error as error:
        raise Trouble(error_messages.describe(error, settings.database_url)) from None
    for line in done or ["The database is up to date already."]:
        say(line)
