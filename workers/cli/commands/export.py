"""``cention export``"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from workers.analytics.jobs.exports import SUFFIXES
from workers.analytics.store import exported_views
from workers.analytics.store.exported_views import Column, Selection, View
from workers.cli.context import database, load_settings_or_exit
from workers.cli.day_options import Day
from workers.cli.errors import CommandError
from workers.cli.output import print_line, print_stderr
from workers.cli.progress import progress
from workers.database import Connection

SHORTENED = (
    "Texts that are longer than a cell of Excel, and were cut: {:,}."
    " For whole texts, export to .parquet, .csv or .jsonl."
)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Zone(click.ParamType[ZoneInfo]):
    """A time zone."""

    name = "zone"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ZoneInfo:
        """Return the zone. Raises ``click.BadParameter``."""
        try:
            return ZoneInfo(str(value))
        except (ValueError, OSError, ZoneInfoNotFoundError):
            self.fail(f"{value!r} is not a time zone such as Europe/Stockholm.", param, ctx)


@click.command()
@click.argument("view")
@click.option(
    "--to",
    "targets",
    multiple=True,
    metavar="FILE|DAY",
    help="File to write, ending in .parquet, .csv, .xlsx or .jsonl; with a day, the last day.",
)
@click.option(
    "--every-day",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write FOLDER/day=YYYY-MM-DD/part-0.parquet, and only for days that have changed.",
)
@click.option("--from", "first", type=Day(), metavar="DAY", help="First day.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only rows with this value.")
@click.option(
    "--timezone",
    "zone",
    type=Zone(),
    default="UTC",
    show_default=True,
    help="Zone in which times are written.",
)
def export(
    view: str,
    targets: tuple[str, ...],
    every_day: Path | None,
    first: date | None,
    where: tuple[str, ...],
    zone: ZoneInfo,
) -> None:
    """Write a table or view into a file, however many rows it has.

    VIEW is a name of schema analyst, such as errand_overview, or one with its schema, such as
    cention.errand; `cention dictionary` explains them. Days, as in --from 2024-01-01 --to
    2024-01-31, are those of the view's first date, or of its first time at the workspace.
    """
    path, last = _targets(targets)
    if (path is None) == (every_day is None):
        raise click.UsageError("Write to where? Add --to FILE, or --every-day FOLDER.")
    if first and last and first > last:
        raise click.UsageError(f"The first day, {first}, is after the last one, {last}.")
    with database(load_settings_or_exit(), autocommit=True) as conn:
        chosen = _view(conn, view)
        values = tuple(_value(conn, chosen, one) for one in where)
        selection = Selection(view=chosen, first=first, last=last, values=values)
        if chosen.day is None and (first or last or every_day):
            raise click.UsageError(f"{chosen.schema}.{chosen.name} has no column with days.")
        # Stopped either way, it deletes its draft.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if path:
                _export_file(conn, selection, path, zone)
            elif every_day:
                _export_days(conn, selection, every_day, zone)
        except (OSError, ValueError) as error:
            if path:
                raise CommandError(f"Nothing was written to {path}: {_reason(error)}") from None
            raise CommandError(
                f"The export into {every_day} did not end: {_reason(error)}"
            ) from None


def _export_file(conn: Connection, selection: Selection, path: Path, zone: ZoneInfo) -> None:
    from workers.analytics.jobs.exports import one_file  # pyarrow takes long to load

    with progress("rows exported", None) as advance:
        done = one_file.export(conn, selection, path, zone=zone, advance=advance)
    print_line(f"{path}: {done.rows:,} rows.")
    if done.shortened:
        print_stderr(SHORTENED.format(done.shortened))


def _export_days(conn: Connection, selection: Selection, folder: Path, zone: ZoneInfo) -> None:
    from workers.analytics.jobs.exports import daily_files  # pyarrow takes long to load

    with progress("rows exported", None) as advance:
        done = daily_files.export_days(conn, selection, folder, zone=zone, advance=advance)
    print_line(
        f"{folder}: {done.written:,} days written, {done.unchanged:,} unchanged,"
        f" {done.removed:,} removed."
    )


def _targets(values: Sequence[str]) -> tuple[Path | None, date | None]:
    """Return the file and the last day that ``--to`` names."""
    files = [Path(value) for value in values if Path(value).suffix in SUFFIXES]
    days = [value for value in values if Path(value).suffix not in SUFFIXES]
    if len(files) > 1 or len(days) > 1:
        raise click.UsageError("--to may name one file and one day.")
    if not days:
        return files[0] if files else None, None
    try:
        last = date.fromisoformat(days[0].replace("/", "-"))
    except ValueError:
        raise click.UsageError(
            f"--to {days[0]} is neither a day such as 2024-01-31 nor a file that ends in"
            f" {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}."
        ) from None
    return files[0] if files else None, last


def _view(conn: Connection, name: str) -> View:
    known = exported_views.views(conn)
    found = known.get(name) or known.get(f"analyst.{name}")
    if found is None:
        names = ", ".join(one.name for one in known.values() if one.schema == "analyst")
        raise CommandError(
            f"There is no table or view {name}.",
            f"Views: {names}.",
            "Tables of the schemas cention and feedback are named with their schema.",
        )
    return found


def _value(conn: Connection, view: View, text: str) -> tuple[Column, str]:
    name, sign, value = text.partition("=")
    column = next((one for one in view.columns if one.name == name), None)
    if not sign or column is None:
        names = ", ".join(one.name for one in view.columns)
        raise click.UsageError(f"--where {text} is not COLUMN=VALUE. Columns: {names}.")
    if not exported_views.is_value(conn, view, column, value):
        kind = f"a list of {column.type}" if column.is_list else column.type
        raise click.UsageError(f"--where {text}: {value!r} is no value of {name}, which is {kind}.")
    return column, value


def _reason(error: OSError | ValueError) -> str:
    if not isinstance(error, OSError) or error.errno is None:
        return f"{error}."
    words = os.strerror(error.errno)  # pyarrow has words of its own
    if error.errno in FULL:
        return f"the disk is full ({words}). Free some space, or write elsewhere."
    return f"{words}."
