"""``cention spool``"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from workers.cli.context import database, json_option, load_settings_or_exit
from workers.cli.errors import CommandError
from workers.cli.output import TableColumn, print_json, print_line, print_stderr, print_table
from workers.cli.progress import progress
from workers.operations.jobs import adopt_spool
from workers.operations.jobs.adopt_spool import Adoption
from workers.operations.jobs.nudges import request_filing
from workers.operations.rules.wording import format_duration, pluralise
from workers.spool import quarantine
from workers.spool.layout import SpoolStatus, spool_status

COLUMNS = (
    TableColumn(heading="file"),
    TableColumn(heading="bytes", right=True),
    TableColumn(heading="reason"),
)
LEFT_COLUMNS = (
    TableColumn(heading="files", right=True),
    TableColumn(heading="the first of them"),
    TableColumn(heading="why it is left"),
)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def spool(context: click.Context, as_json: bool) -> None:
    """Show the spool of the receiver on this machine."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings_or_exit()
    with _usable(settings.spool_dir):
        status = spool_status(settings.spool_dir) or SpoolStatus(
            waiting=0, oldest_at=None, bad=0, size_bytes=0
        )
        aside = list(quarantine.quarantined(settings.spool_dir))
    oldest_s = status.oldest_s(datetime.now(UTC))
    if as_json:
        print_json({"waiting": status.waiting, "oldest_s": oldest_s, "set_aside": aside})
        return
    oldest = f", the oldest for {format_duration(oldest_s)}" if status.waiting else ""
    print_line(f"{pluralise(status.waiting, 'callback')} waiting for Postgres{oldest}.")
    if aside:
        print_table(COLUMNS, [(one.name, one.size_bytes, one.reason) for one in aside])
        print_line(
            f"{pluralise(len(aside), 'callback')} set aside. To try again: cention spool retry"
        )


@spool.command()
def retry() -> None:
    """Have the receiver try set-aside callbacks again."""
    settings = load_settings_or_exit()
    done = 0
    with _usable(settings.spool_dir):
        for one in quarantine.quarantined(settings.spool_dir):
            quarantine.requeue(settings.spool_dir, one.name)
            done += 1
    print_line(
        f"{pluralise(done, 'callback')} put back; the receiver processes them within seconds."
    )


@spool.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def adopt(folder: Path) -> None:
    """Store the callbacks in DIR, the spool of a machine that is dead, and remove their files.

    DIR is the folder that its SPOOL_DIR named, on a disk that was moved here, or a copy. May be
    interrupted and run again. What is left is named, with the reason, and stays as it is.
    """
    settings = load_settings_or_exit()
    workspaces = {each.name for each in settings.workspaces}
    adoption = Adoption()
    status = spool_status(folder)
    total = status.waiting + status.bad if status else None
    try:
        with (
            _usable(folder),
            database(settings, autocommit=True) as conn,
            progress("files", total) as advance,
        ):
            adopt_spool.adopt(conn, folder, adoption, workspaces=workspaces, advance=advance)
    except adopt_spool.SpoolBusy:
        raise CommandError(
            f"Another process is emptying the spool at {folder}: a receiver of this machine, "
            "or another cention spool adopt. Run this again when it has ended."
        ) from None
    finally:
        _print_taken(adoption)
    _print_left(folder, adoption)
    print_stderr(request_filing(settings, adoption.taken) if adoption.taken else None)
    if adoption.left:
        raise CommandError(
            "Callbacks are left, so keep the disk. Correct what the list says, and run this again."
        )


def _print_taken(adoption: Adoption) -> None:
    for workspace, count in sorted(adoption.taken.items()):
        print_line(f"{pluralise(count, 'callback')} of {workspace} stored, and removed from there.")
    if not adoption.taken:
        print_line("No callback was taken.")


def _print_left(folder: Path, adoption: Adoption) -> None:
    rows = [
        (len(names), names[0], reason)
        for found in (adoption.left, adoption.others)
        for reason, names in sorted(found.items())
    ]
    if rows:
        print_table(LEFT_COLUMNS, rows)
    else:
        print_line(f"Nothing is left in {folder}.")


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(
            f"The spool at {folder} cannot be used: {error.strerror}. "
            "Run this as the user of the receiver, on the machine that has the disk."
        ) from None
