"""``cention erase``"""

from __future__ import annotations

import sys

import click

from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    person_options,
)
from workers.cli.errors import CommandError
from workers.cli.output import (
    TableColumn,
    ask,
    print_json,
    print_line,
    print_stderr,
    print_table,
)
from workers.cli.progress import progress
from workers.config.settings import Settings
from workers.operations.jobs import data_subjects
from workers.operations.jobs.data_subjects import SpoolUnchangeable, data_subject
from workers.operations.rules.wording import pluralise
from workers.privacy.jobs import erase_person
from workers.privacy.jobs.data_subject import DataSubject
from workers.privacy.jobs.erase_person import Erasure

COLUMNS = (
    TableColumn(heading="table"),
    TableColumn(heading="redacted", right=True),
    TableColumn(heading="removed", right=True),
)
WARNINGS = (
    "Cention keeps its own data. What it sends again of these errands and ratings is redacted "
    "within an hour. A new errand of the person, or one of another person that mentions the "
    "person, is stored again: erase the person in Cention first, then run this again.",
    "The old bytes stay on disk until VACUUM and until the write-ahead log is recycled, and longer "
    "in archives of the log, in replicas and in backups. VACUUM (FULL) rewrites a table.",
    "Not searched: the contents of other people's files. Names of agents and areas were searched "
    "for the address only. A text of another person that does not have the address is unchanged.",
)


@click.command()
@person_options
@click.option("--dry-run", is_flag=True, help="Print what would be erased, and erase nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
def erase(
    address: str,
    reviewers: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase a person from every table, in all workspaces, and from this machine's spool.

    Only the spool of this machine is erased: run this on each machine that has a receiver.

    Numbers and times stay, for statistics. Texts of the person's own errands are removed, with
    their answers and files; elsewhere the address becomes [erased], and so do the names beside
    it. May be interrupted and run again at any time.
    """
    settings = load_settings_or_exit()
    if not dry_run and not yes:
        _ask(", ".join(filter(None, (address, *reviewers))))
    subject = data_subject(settings, address, reviewers)
    erasure = _erase(settings, subject, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "erasure": erasure, "warnings": WARNINGS})
    else:
        _print_erasure(erasure, subject, dry_run=dry_run)
    if erasure.unreadable:
        raise click.exceptions.Exit(1)


def _ask(who: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(
            "This cannot be undone. Add --yes, or --dry-run to see what would be erased."
        )
    ask(f"Erase {who} permanently?")


def _erase(settings: Settings, subject: DataSubject, *, dry_run: bool) -> Erasure:
    with (
        database(settings, autocommit=True) as conn,
        progress("database pages searched", erase_person.count_pages(conn)) as advance,
    ):
        try:
            return data_subjects.erase(conn, subject, dry_run=dry_run, progress=advance)
        except SpoolUnchangeable as error:
            raise CommandError(str(error)) from None


def _print_erasure(erasure: Erasure, subject: DataSubject, *, dry_run: bool) -> None:
    would = "would be" if dry_run else "were"
    if erasure.tables:
        rows = [(one.table, one.blanked, one.removed) for one in erasure.tables]
        print_table(COLUMNS, rows)
    else:
        print_line(f"Nothing {would} changed.")
    print_line(
        f"{pluralise(erasure.errands, 'errand')} and {pluralise(erasure.ratings, 'rating')} "
        f"{would} recorded as the person's own, by number."
    )
    if subject.spool is None:
        print_line("No spool on this machine. Run this on every machine that has a receiver.")
    else:
        rewritten = pluralise(erasure.spooled, "callback")
        print_line(f"{rewritten} {would} rewritten in the spool of this machine.")
    for name in erasure.unreadable:
        print_stderr(f"May mention the person, cannot be read, and was not changed: {name}")
    for warning in WARNINGS:
        print_line(warning)
