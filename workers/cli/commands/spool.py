"""``cention spool``"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from workers.cli.context import json_option, load_settings_or_exit
from workers.cli.errors import CommandError
from workers.cli.output import TableColumn, print_json, print_line, print_table
from workers.config.settings import Settings
from workers.operations.rules.wording import format_duration, pluralise
from workers.spool import quarantine
from workers.spool.layout import SpoolStatus, spool_status

COLUMNS = (
    TableColumn(heading="file"),
    TableColumn(heading="bytes", right=True),
    TableColumn(heading="reason"),
)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def spool(context: click.Context, as_json: bool) -> None:
    """Show the spool of the receiver on this machine."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings_or_exit()
    with _readable(settings):
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
    with _readable(settings):
        for one in quarantine.quarantined(settings.spool_dir):
            quarantine.requeue(settings.spool_dir, one.name)
            done += 1
    print_line(
        f"{pluralise(done, 'callback')} put back; the receiver processes them within seconds."
    )


@contextmanager
def _readable(settings: Settings) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(
            f"The spool at {settings.spool_dir} cannot be used: {error.strerror}. "
            "Run this as the user of the receiver, on its machine."
        ) from None
