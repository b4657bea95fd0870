"""``cention opening-hours``: by which durations are counted in business time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from schemas.opening_hours import FIRST_YEAR, LAST_YEAR, Calendar
from schemas.text.toml_mistakes import MistakesError
from workers.analytics.jobs import load_opening_hours
from workers.analytics.store import opening_hours as store
from workers.analytics.store.opening_hours import StoredHoliday, StoredOpening
from workers.cli.context import json_option, workspace_database, workspace_option
from workers.cli.errors import CommandError, error_of_mistakes
from workers.cli.output import TableColumn, print_json, print_line, print_list

ALL_AREAS = "(all areas)"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OPENINGS = tuple(TableColumn(heading=name) for name in ("area", "day", "from", "to"))
HOLIDAYS = tuple(TableColumn(heading=name) for name in ("area", "date", "name"))
_YEARS = re.compile(r"([0-9]{4})(?:-([0-9]{4}))?")


class Years(click.ParamType[range]):
    """One year or a range: ``2024`` or ``2024-2030``."""

    name = "years"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> range:
        """Return the years. Raises ``click.BadParameter``."""
        found = _YEARS.fullmatch(str(value))
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not FIRST_YEAR <= first <= last <= LAST_YEAR:
            self.fail(f"{value!r} is neither a year nor a range such as 2024-2030.", param, ctx)
        return range(first, last + 1)


@click.group("opening-hours", invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def opening_hours(context: click.Context, as_json: bool, workspace: str | None) -> None:
    """List opening hours and holidays, or load others."""
    if context.invoked_subcommand is not None:
        return
    with workspace_database(workspace) as (conn, name):
        openings, holidays = store.openings(conn, name), store.holidays(conn, name)
    if as_json:
        print_json({"openings": openings, "holidays": holidays})
        return
    nothing = "There are no opening hours: business time is calendar time."
    print_list(openings, OPENINGS, _opening, as_json=False, nothing=nothing)
    print_list(holidays, HOLIDAYS, _holiday, as_json=False, nothing="There are no holidays.")


@opening_hours.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--country",
    metavar="CODE",
    help="Add the public holidays of this country, such as SE, for all areas.",
)
@click.option("--years", type=Years(), metavar="YYYY-YYYY", help="Of these years.")
@click.option("--dry-run", is_flag=True, help="Check the file, and load nothing.")
@workspace_option
def load(
    file: Path, country: str | None, years: range | None, dry_run: bool, workspace: str | None
) -> None:
    """Check a FILE of opening hours and holidays as a whole, and load it.

    It replaces what was loaded before. A file with a mistake is not loaded: every mistake is
    reported with its line. All figures in business time are computed again.
    """
    if (country is None) != (years is None):
        raise click.UsageError("--country and --years belong together. Add the other one.")
    with workspace_database(workspace) as (conn, name):
        calendar = _read(file, store.areas(conn, name))
        if country is not None and years is not None:
            _require_country(country)
            calendar = load_opening_hours.with_holidays_of(calendar, country, years)
        if not dry_run:
            store.replace(conn, name, calendar)
    openings, holidays = len(calendar.openings), len(calendar.holidays)
    last = max((one.date for one in calendar.holidays), default=None)
    print_line(
        f"{openings} opening hours of a week and {holidays} holidays"
        f"{_until(last)} {'are without mistakes. Nothing was' if dry_run else 'are'} loaded."
    )


@opening_hours.command()
@workspace_option
def clear(workspace: str | None) -> None:
    """Delete all opening hours and holidays: business time becomes calendar time."""
    with workspace_database(workspace) as (conn, name):
        store.replace(conn, name, Calendar(openings=(), holidays=()))
    print_line("There are no opening hours now: business time is calendar time.")


def _read(path: Path, areas: Mapping[str, Sequence[int]]) -> Calendar:
    try:
        return load_opening_hours.read_file(path, areas=areas)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except MistakesError as error:
        raise error_of_mistakes(path, error.mistakes) from None


def _require_country(code: str) -> None:
    if code not in load_opening_hours.countries():
        raise click.UsageError(f"No holidays are known of {code!r}. Write a code such as SE.")


def _until(last: date | None) -> str:
    return f" until {last}" if last else ""


def _opening(one: StoredOpening) -> tuple[str, ...]:
    area = _area(one.area_id, one.area_name)
    return area, DAYS[one.weekday - 1], _clock(one.from_minute), _clock(one.to_minute)


def _holiday(one: StoredHoliday) -> tuple[str, ...]:
    return _area(one.area_id, one.area_name), str(one.date), one.name


def _area(area_id: int | None, name: str | None) -> str:
    if area_id is None:
        return ALL_AREAS
    return name or str(area_id)


def _clock(minute: int) -> str:
    days, of_day = divmod(minute, 1440)
    if days and not of_day:
        days, of_day = days - 1, 1440
    return f"{of_day // 60:02}:{of_day % 60:02}{' of the next day' if days else ''}"
