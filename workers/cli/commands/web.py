"""``cention web``"""

from __future__ import annotations

import click

from workers.cli.errors import CommandError
from workers.cli.output import print_stderr, print_unwrapped, prompt_secret
from workers.operations.rules import passwords
from workers.operations.rules.passwords import WeakPassword


@click.group()
def web() -> None:
    """Prepare the web face."""


@web.command()
def password() -> None:
    """Ask for a password, and print its hash for WEB_PASSWORD_HASH or WEB_USERS_FILE.

    The password is typed twice, or comes as one line on standard input. It is written nowhere.
    """
    typed = prompt_secret("Password")
    try:
        made = passwords.hash_of(typed)
    except WeakPassword as error:
        raise CommandError(str(error)) from None
    print_stderr("Set this as WEB_PASSWORD_HASH, in single quotes:")
    print_unwrapped(made)
