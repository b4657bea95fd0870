"""The commands, and what they have in common."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import click
import structlog

from workers.cli.backfill import backfill
from workers.cli.callbacks import callbacks
from workers.cli.calls import calls
from workers.cli.check import check
from workers.cli.contacts import contacts
from workers.cli.dictionary import dictionary
from workers.cli.erase import erase
from workers.cli.errands import errands
from workers.cli.exports import exports
from workers.cli.library import library
from workers.cli.logons import logons
from workers.cli.mark_changed import mark_changed
from workers.cli.migrate import migrate
from workers.cli.parked import parked
from workers.cli.persons import export_person
from workers.cli.poll import poll
from workers.cli.reconcile import reconcile
from workers.cli.renormalise import renormalise
from workers.cli.spool import spool
from workers.cli.status import status
from workers.cli.unreadable import unreadable
from workers.cli.utf8 import take_utf8_alone
from workers.cli.want import want


@click.group(context_settings={"max_content_width": 100})
def cention() -> None:
    """Look after the bridge between Cention and Postgres.

    \b
    Exit status: 0 done, 1 failed or in a state of alarm, 2 wrong usage.
    """


for command in (
    check,
    migrate,
    spool,
    status,
    poll,
    want,
    mark_changed,
    backfill,
    exports,
    contacts,
    parked,
    callbacks,
    unreadable,
    reconcile,
    renormalise,
    dictionary,
    library,
    erase,
    export_person,
    logons,
    errands,
    calls,
):
    cention.add_command(command)
take_utf8_alone(cention)


def main() -> None:
    """Run one command and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may not know our letters
    # What jobs log is for the logs of workers; here the command itself says what happened.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    cention(prog_name="cention")
