"""Options for days: ``2024/01/31`` as Cention writes them, or ``2024-01-31``."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_SPAN = re.compile(r"([0-9]{1,3})([dw]?)")


class Day(click.ParamType[date]):
    """A calendar day."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day. Raises ``click.BadParameter``."""
        try:
            return date.fromisoformat(str(value).replace("/", "-"))
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2024/01/31.", param, ctx)


class Span(click.ParamType[int]):
    """A number of days: ``7d``, ``2w``, or a plain number."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of days. Raises ``click.BadParameter``."""
        found = _SPAN.fullmatch(str(value))
        days = int(found[1]) * (7 if found[2] == "w" else 1) if found else 0
        if not days:
            self.fail(f"{value!r} is not a number of days such as 7d or 2w.", param, ctx)
        return days


def day_options(*, required: bool) -> Callable[[Command], Command]:
    """Add ``--from``, ``--to`` and ``--by-closure``."""

    def add(command: Command) -> Command:
        for option in (
            click.option(
                "--by-closure", is_flag=True, help="Select by day of closure, not of arrival."
            ),
            click.option(
                "--to",
                "last",
                type=Day(),
                required=required,
                metavar="YYYY/MM/DD",
                help="Last day.",
            ),
            click.option(
                "--from",
                "first",
                type=Day(),
                required=required,
                metavar="YYYY/MM/DD",
                help="First day.",
            ),
        ):
            command = option(command)
        return command

    return add


def format_date(day: date | None) -> str:
    """Return a day as Cention writes it; a dash for ``None``."""
    return "-" if day is None else day.isoformat().replace("-", "/")
