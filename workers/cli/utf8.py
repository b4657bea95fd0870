"""Rejects command-line arguments that are not UTF-8, before the command starts."""

from __future__ import annotations

from typing import Any

import click


class Utf8(click.types.StringParamType):
    """A text that Postgres and Cention can store."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text. Raises ``click.BadParameter``."""
        text = super().convert(value, param, ctx)
        # Bytes that are not UTF-8 arrive as lone surrogates.
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            self.fail("is not UTF-8.", param, ctx)
        return text


def require_utf8(command: click.Command) -> None:
    """Make a command and its subcommands reject texts that are not UTF-8.

    File names are exempt, also in options whose callback extracts one from the text.
    """
    for param in command.params:
        if param.type is click.STRING and param.callback is None:
            param.type = Utf8()
    if isinstance(command, click.Group):
        for below in command.commands.values():
            require_utf8(below)
