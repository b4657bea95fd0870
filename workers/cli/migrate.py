"""``cention migrate``"""

from __future__ import annotations

import click
import psycopg

from workers.cli.printing import say
from workers.cli.surroundings import settings_of_this_place
from workers.cli.trouble import Trouble
from workers.jobs import migrating
from workers.store import outages


@click.command()
def migrate() -> None:
    """Bring the database up to date with this version.

    Waits up to 30 seconds for the database. May be run at any time, by several at once.
    """
    settings = settings_of_this_place()
    try:
        done = migrating.migrate(settings)
    except psycopg.Error as error:
        raise Trouble(outages.told(error, settings.database_url)) from None
    for line in done or ["The database is up to date already."]:
        say(line)
