"""The errors that end a command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from schemas.text.printable import escape
from schemas.text.toml_mistakes import Mistake


class CommandError(click.ClickException):
    """Its lines say what is wrong, where, and what to do. Ends the command with status 1."""

    def __init__(self, *lines: str) -> None:
        self.lines = tuple(map(escape, lines))
        super().__init__("\n".join(self.lines))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the lines on standard error."""
        click.echo(self.message, err=True)


def error_of_mistakes(path: Path, mistakes: Sequence[Mistake]) -> CommandError:
    """Return the error of a file that is not loaded because of its mistakes."""
    number = "one mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    return CommandError(f"{path} has {number}, so nothing was loaded:", *map(str, mistakes))


class CommandGroup(click.Group):
    """A group whose messages about wrong usage have no unprintable characters.

    They may quote a heading of a file, a file's name or an argument.
    """

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Parse the arguments of the group. Raises ``click.ClickException``."""
        with _printable_messages():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Raises ``click.ClickException``."""
        with _printable_messages():
            return super().invoke(ctx)


@contextmanager
def _printable_messages() -> Iterator[None]:
    try:
        yield
    except (CommandError, click.exceptions.NoArgsIsHelpError):
        raise  # printable already
    except click.UsageError as error:
        raise click.UsageError(_on_one_line(error), ctx=error.ctx) from None
    except click.ClickException as error:
        raise click.ClickException(_on_one_line(error)) from None


def _on_one_line(error: click.ClickException) -> str:
    """Return the message; click lists choices on lines of their own, each after a tab."""
    return escape(error.format_message().replace("\n\t", " "))
