"""The error that ends a command."""

from __future__ import annotations

from typing import IO, Any

import click

from workers.cli.output import escape


class CommandError(click.ClickException):
    """Its message says what is wrong, where, and what to do. Ends the command with status 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message on standard error."""
        click.echo("\n".join(escape(line) for line in self.message.splitlines()), err=True)
