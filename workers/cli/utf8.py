"""Words of a command line that are no UTF-8: told as such, before anything is done."""

from __future__ import annotations

from typing import Any

import click


class Utf8(click.types.StringParamType):
    """A text that a database and Cention can hold."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text. Raises ``click.BadParameter``."""
        text = super().convert(value, param, ctx)
        # Bytes that are no UTF-8 arrive as lone surrogates.
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            self.fail("is not UTF-8.", param, ctx)
        return text


def require_utf8(command: click.Command) -> None:
    """Have a command, and all below it, refuse texts that are no UTF-8.

    Names of files may be, also where a text may name one, which a callback takes apart.
    """
    for param in command.params:
        if param.type is click.STRING and param.callback is None:
            param.type = Utf8()
    if isinstance(command, click.Group):
        for below in command.commands.values():
            require_utf8(below)
