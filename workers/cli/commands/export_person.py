"""``cention export-person``"""

from __future__ import annotations

import click

from workers.cli.context import database, person_options, settings_of_this_place, the_person
from workers.cli.output import say_json
from workers.cli.progress import progress
from workers.privacy.jobs import erase_person
from workers.privacy.jobs import export_person as job


@click.command("export-person")
@person_options
@click.option("--contents", is_flag=True, help="Contents of files too, as base64.")
def export_person(address: str, reviewers: tuple[str, ...], contents: bool) -> None:
    """Write what is held of a person, as one JSON document.

    Rows by table: those of the person's own errands and ratings, and every other that mentions
    the address. Changes nothing.
    """
    settings = settings_of_this_place()
    with (
        database(settings, autocommit=True) as conn,
        progress("pages", erase_person.count_pages(conn)) as advance,
    ):
        whom = the_person(settings, address, reviewers)
        export = job.export(conn, whom, contents=contents, progress=advance)
    say_json(export)
