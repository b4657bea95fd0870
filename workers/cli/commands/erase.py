"""``cention erase``"""

from __future__ import annotations

import sys

import click

from workers.cli.context import (
    data_subject,
    database,
    json_option,
    load_settings_or_exit,
    person_options,
)
from workers.cli.errors import CommandError
from workers.cli.output import (
    TableColumn,
    escape,
    print_json,
    print_line,
    print_stderr,
    print_table,
)
from workers.cli.progress import progress
from workers.config.settings import Settings
from workers.operations.rules.wording import pluralise
from workers.privacy.jobs import erase_person
from workers.privacy.jobs.data_subject import Whom
from workers.privacy.jobs.erase_person import Erasure

COLUMNS = (
    TableColumn(heading="table"),
    TableColumn(heading="blanked", right=True),
    TableColumn(heading="removed", right=True),
)
WARNINGS = (
    "Cention still has what it has. Whatever it tells again of these errands and ratings is "
    "blanked within the hour; a new errand of the person, or somebody else's that mentions the "
    "person, brings the person back: erase there first, then run this again.",
    "The old bytes stay on the disk until VACUUM and until the write-ahead log is recycled, and "
    "longer in archives of the log, in replicas and in backups. VACUUM (FULL) rewrites a table.",
    "Not looked through: contents of files that are not the person's, names of agents and areas "
    "beyond the address, and what others wrote without the address.",
)


@click.command()
@person_options
@click.option("--dry-run", is_flag=True, help="Tell what would be erased, and erase nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def erase(
    address: str,
    reviewers: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase a person from every table, in all workspaces.

    Numbers and times stay, so that statistics hold. Texts of the person's own errands go, with
    their answers and files; elsewhere the address becomes [erased], and so do the names beside
    it. May be broken off and run again at any time.
    """
    settings = load_settings_or_exit()
    if not dry_run and not yes:
        _ask(", ".join(filter(None, (address, *reviewers))))
    subject = data_subject(settings, address, reviewers)
    erasure = _erase(settings, subject, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "erasure": erasure, "warnings": WARNINGS})
    else:
        _tell(erasure, subject, dry_run=dry_run)
    if erasure.unreadable:
        raise click.exceptions.Exit(1)


def _ask(who: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("This cannot be undone. Add --yes, or --dry-run to look first.")
    click.confirm(f"Erase {escape(who)} for good?", abort=True, err=True)


def _erase(settings: Settings, subject: Whom, *, dry_run: bool) -> Erasure:
    with (
        database(settings, autocommit=True) as conn,
        progress("pages", erase_person.count_pages(conn)) as advance,
    ):
        try:
            return erase_person.erase(conn, subject, dry_run=dry_run, progress=advance)
        except OSError as error:
            raise CommandError(
                f"The spool {subject.spool} cannot be erased from: {error.strerror}."
            ) from None


def _tell(erasure: Erasure, subject: Whom, *, dry_run: bool) -> None:
    would = "would be" if dry_run else "were"
    if erasure.tables:
        rows = [(one.table, one.blanked, one.removed) for one in erasure.tables]
        print_table(COLUMNS, rows)
    else:
        print_line(f"Nothing {would} changed.")
    print_line(
        f"{pluralise(erasure.errands, 'errand')} and {pluralise(erasure.ratings, 'rating')} "
        f"{would} the person's own, and remembered by number."
    )
    if subject.spool is None:
        print_line("There is no spool here. Run this on every machine that has a receiver.")
    else:
        print_line(f"{pluralise(erasure.spooled, 'callback')} {would} rewritten in the spool.")
    for name in erasure.unreadable:
        print_stderr(f"Mentions the person, is no callback, and is left alone: {name}")
    for warning in WARNINGS:
        print_line(warning)
