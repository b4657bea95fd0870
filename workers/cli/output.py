"""Tables and lines for terminals, plain lines for pipes, JSON for programs.

Texts of vendors and customers are not trusted: control characters are escaped, and no text is
interpreted as markup.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import textwrap
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.text.printable import escape, escape_lines

NONE = "-"
MIN_LAST_WIDTH = 16  # characters; the last column of a table is folded at least this wide
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column of a table: its heading, which may have several lines, and its alignment."""

    heading: str
    right: bool = False


def print_line(text: str, *, style: str = "", hanging: int = 0) -> None:
    """Print one line; on a terminal it wraps, with ``hanging`` columns of indent."""
    console = Console(highlight=False)
    if not console.is_terminal:
        click.echo(escape(text))
        return
    lines = textwrap.wrap(
        escape(text),
        console.width,
        subsequent_indent=" " * hanging,
        break_on_hyphens=False,
    )
    for line in lines or [""]:
        console.print(Text(line, style=style), soft_wrap=True)


def print_stderr(text: str | None) -> None:
    """Print one line on standard error, beside the output; nothing for ``None``."""
    if text is not None:
        click.echo(escape(text), err=True)


def print_unwrapped(text: str) -> None:
    """Print a document of several lines, or a line that is to be copied; never wrapped."""
    click.echo(escape_lines(text))


def print_traceback(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Print the traceback of an error that nothing has handled, on standard error."""
    click.echo(escape_lines("".join(traceback.format_exception(kind, error, trace))), err=True)


def ask(question: str) -> None:
    """Ask on standard error whether to go on. Raises ``click.Abort`` unless the answer is yes."""
    click.confirm(escape(question), abort=True, err=True)


def prompt(question: str) -> str:
    """Return what is typed as the answer; empty for nothing."""
    return str(click.prompt(escape(question), default=""))


def prompt_secret(question: str) -> str:
    """Return what is typed twice without being shown; without a terminal, the first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt(escape(question), hide_input=True, confirmation_prompt=True, err=True))


def print_json(value: Any) -> None:
    """Print one JSON document, in ASCII; times in ISO 8601.

    The key of a field of a dataclass is its name, or ``json`` in its metadata.
    """
    text = json.dumps(value, indent=2, default=_json_value)
    click.echo(text.replace("\x7f", "\\u007f"))  # the only control character that JSON leaves


def print_table(columns: Sequence[TableColumn], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: on a terminal formatted, elsewhere one aligned line per row, never wrapped.

    On a terminal that is too narrow, each row becomes a list, so that nothing is cut off.
    """
    cells = [[format_cell(value) for value in row] for row in rows]
    console = Console(highlight=False)
    if console.is_terminal and _fits(columns, cells, console.width):
        console.print(_rich_table(columns, cells))
    elif console.is_terminal:
        _print_as_lists(columns, cells)
    else:
        for line in _aligned(columns, cells):
            click.echo(line)


def print_list(
    found: Sequence[Found],
    columns: Sequence[TableColumn],
    row: Callable[[Found], Sequence[object]],
    *,
    as_json: bool,
    nothing: str,
) -> bool:
    """Print records as JSON or as a table, or the sentence ``nothing`` if there are none.

    Returns whether a table was printed: the caller may add lines below it.
    """
    if as_json:
        print_json(found)
        return False
    if not found:
        print_line(nothing)
        return False
    print_table(columns, [row(one) for one in found])
    return True


def format_cell(value: object) -> str:
    """Return a value as text for a table."""
    if value is None:
        return NONE
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return escape(str(value))


def _fits(columns: Sequence[TableColumn], cells: Sequence[Sequence[str]], width: int) -> bool:
    """Return whether the table fits into ``width``; the last column may be folded."""
    widths = [
        max(map(cell_len, [*column.heading.split("\n"), *(row[i] for row in cells)]))
        for i, column in enumerate(columns)
    ]
    return sum(widths[:-1]) + len(widths) + min(widths[-1], MIN_LAST_WIDTH) <= width


def _print_as_lists(columns: Sequence[TableColumn], cells: Sequence[Sequence[str]]) -> None:
    headings = _headings(columns)
    width = max(map(cell_len, headings)) + 2
    for place, row in enumerate(cells):
        if place:
            print_line("")
        for heading, text in zip(headings, row, strict=True):
            if text != NONE:
                print_line(_padded(heading, width, right=False) + text, hanging=width)


def _headings(columns: Sequence[TableColumn]) -> list[str]:
    return [column.heading.replace("-\n", "").replace("\n", " ") for column in columns]


def _rich_table(columns: Sequence[TableColumn], cells: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    tallest = max(column.heading.count("\n") for column in columns)
    for column in columns:
        table.add_column(
            "\n" * (tallest - column.heading.count("\n")) + column.heading,
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=column is not columns[-1],
        )
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _aligned(columns: Sequence[TableColumn], cells: Sequence[Sequence[str]]) -> list[str]:
    lines = [_headings(columns), *cells]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(columns))]
    return [
        "  ".join(
            _padded(text, width, right=column.right)
            for text, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in lines
    ]


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def _json_value(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {
            field.metadata.get("json", field.name): getattr(value, field.name)
            for field in dataclasses.fields(value)
        }
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
