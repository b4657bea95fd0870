"""``cention export-person``"""

from __future__ import annotations

import click

from workers.cli.context import database, load_settings_or_exit, person_options
from workers.cli.output import print_json
from workers.cli.progress import progress
from workers.operations.jobs.data_subjects import data_subject
from workers.privacy.jobs import erase_person
from workers.privacy.jobs import export_person as job


@click.command("export-person")
@person_options
@click.option("--contents", is_flag=True, help="Include the contents of files, as base64.")
def export_person(address: str, reviewers: tuple[str, ...], contents: bool) -> None:
    """Print all stored data of a person, as one JSON document.

    Rows by table: those of the person's own errands and ratings, and all other rows that mention
    the address; and the callbacks in the spool of this machine. Changes nothing.
    """
    settings = load_settings_or_exit()
    with (
        database(settings, autocommit=True) as conn,
        progress("database pages searched", erase_person.count_pages(conn)) as advance,
    ):
        subject = data_subject(settings, address, reviewers)
        export = job.export(conn, subject, contents=contents, progress=advance)
    print_json(export)
