"""The ``cention`` command group and its entry point."""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper

import click
import structlog

from workers.cli.commands.actions import actions
from workers.cli.commands.backfill import backfill
from workers.cli.commands.callbacks import callbacks
from workers.cli.commands.calls import calls
from workers.cli.commands.check import check
from workers.cli.commands.contacts import contacts
from workers.cli.commands.dictionary import dictionary
from workers.cli.commands.erase import erase
from workers.cli.commands.errands import errands
from workers.cli.commands.export import export
from workers.cli.commands.export_person import export_person
from workers.cli.commands.exports import exports
from workers.cli.commands.library import library
from workers.cli.commands.logons import logons
from workers.cli.commands.mark_changed import mark_changed
from workers.cli.commands.metrics import metrics
from workers.cli.commands.migrate import migrate
from workers.cli.commands.opening_hours import opening_hours
from workers.cli.commands.parked import parked
from workers.cli.commands.poll import poll
from workers.cli.commands.reconcile import reconcile
from workers.cli.commands.recover import recover
from workers.cli.commands.renormalise import renormalise
from workers.cli.commands.report import report
from workers.cli.commands.run import run
from workers.cli.commands.spool import spool
from workers.cli.commands.status import status
from workers.cli.commands.surveys import surveys
from workers.cli.commands.unreadable import unreadable
from workers.cli.commands.want import want
from workers.cli.commands.web import web
from workers.cli.commands.workspaces import workspaces
from workers.cli.errors import CommandGroup
from workers.cli.output import print_traceback
from workers.cli.utf8 import require_utf8
from workers.config import logs


@click.group(cls=CommandGroup, context_settings={"max_content_width": 100})
@click.version_option(package_name="cention-bridge", message="cention bridge %(version)s")
def cention() -> None:
    """Operate the bridge between Cention and Postgres.

    \b
    Exit status: 0 done, 1 failed or alarm, 2 wrong usage.
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
    actions,
    opening_hours,
    metrics,
    reconcile,
    recover,
    renormalise,
    dictionary,
    export,
    report,
    run,
    library,
    erase,
    export_person,
    logons,
    errands,
    calls,
    surveys,
    web,
    workspaces,
):
    cention.add_command(command)
require_utf8(cention)


def main() -> None:
    """Run one command and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may lack our characters
    if os.environ.get("LOG_LEVEL", "").lower() == "debug":
        logs.configure()
    else:  # jobs log for the workers; a command prints its own messages
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    sys.excepthook = print_traceback  # logs.configure() has one that logs no text of an error
    try:
        try:
            cention(prog_name="cention")
        finally:
            sys.stdout.flush()
    except OSError as error:
        _discard_output()
        if error.errno != errno.EPIPE:  # else the reader has read enough
            click.echo(f"The output cannot be written: {error.strerror}.", err=True)
        sys.exit(1)


def _discard_output() -> None:
    """Let Python write at its end what could not be written before, to nowhere."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
