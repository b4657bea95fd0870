"""What most commands need: settings, a workspace, a database; and the options that choose them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import psycopg
from psycopg import Connection

from workers.cli.trouble import Trouble
from workers.settings import Settings, load_settings
from workers.store import outages, sessions
from workers.workspaces import SettingsError, WorkspaceSettings

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document.")(command)


def workspace_option(command: Command) -> Command:
    """Add ``--workspace``."""
    return click.option("--workspace", metavar="NAME", help="As in the settings.")(command)


def settings_of_this_place() -> Settings:
    """Return the settings. Raises ``Trouble``."""
    try:
        return load_settings()
    except SettingsError as error:
        raise Trouble(f"The settings are wrong. Run: cention check\n{error}") from None


@contextmanager
def database(settings: Settings, *, autocommit: bool = False) -> Iterator[Connection[Any]]:
    """Lend a connection whose transaction is committed at the end. Raises ``Trouble``."""
    try:
        with sessions.connect(settings.database_url) as conn:
            conn.autocommit = autocommit
            yield conn
    except psycopg.Error as error:
        raise Trouble(outages.told(error, settings.database_url)) from None


def one_workspace(settings: Settings, name: str | None) -> WorkspaceSettings:
    """Return the workspace of that name, or the only one there is."""
    chosen = some_workspaces(settings, name)
    if len(chosen) != 1:
        raise click.UsageError(f"Which workspace? Add --workspace with one of: {_names(settings)}.")
    return chosen[0]


def some_workspaces(settings: Settings, name: str | None) -> tuple[WorkspaceSettings, ...]:
    """Return the workspace of that name, or all."""
    if name is None:
        return settings.workspaces
    found = settings.workspace(name)
    if found is None:
        raise click.UsageError(f"No workspace {name!r}. There is: {_names(settings)}.")
    return (found,)


def _names(settings: Settings) -> str:
    return ", ".join(each.name for each in settings.workspaces)
