"""Settings, workspaces and database connections of commands, and the options that select them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import click
import psycopg

from workers.cli.errors import CommandError
from workers.config.settings import Settings, load_settings
from workers.config.workspaces import SettingsError, WorkspaceSettings
from workers.database import Connection, connections, error_messages, workspaces

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def workspace_option(command: Command) -> Command:
    """Add ``--workspace``."""
    return click.option("--workspace", metavar="NAME", help="Name of a workspace in the settings.")(
        command
    )


def person_options(command: Command) -> Command:
    """Add ``--address`` and ``--reviewer``, which identify a person."""

    @functools.wraps(command)
    def checked(*args: Any, address: str, reviewers: tuple[str, ...], **others: Any) -> Any:
        if not address.strip() and not reviewers:
            raise click.UsageError("Which person? Add --address or --reviewer.")
        return command(*args, address=address, reviewers=reviewers, **others)

    for option in (
        click.option(
            "--reviewer",
            "reviewers",
            multiple=True,
            metavar="ID|NAME",
            help="Reviewer of Facebook ratings: Facebook id or exact name.",
        ),
        click.option(
            "--address",
            default="",
            metavar="A@B.C",
            help="Address or number of the person; case does not matter.",
        ),
    ):
        checked = option(checked)
    return cast(Command, checked)


def load_settings_or_exit() -> Settings:
    """Return the settings. Raises ``CommandError`` if they are wrong."""
    try:
        return load_settings()
    except SettingsError as error:
        raise CommandError("The settings are wrong. Run: cention check", *error.lines) from None


@contextmanager
def database(
    settings: Settings, *, autocommit: bool = False, any_address: bool = False
) -> Iterator[Connection]:
    """Open a connection; its transaction is committed at the end. Raises ``CommandError``.

    Without ``any_address`` also if the stored rows are from another server than the settings name.
    """
    try:
        with connections.connect(settings.database_url) as conn:
            conn.autocommit = True  # the check leaves no transaction open
            if not any_address and (moved := workspaces.moved(conn, settings.workspaces)):
                raise CommandError(*map(str, moved))
            conn.autocommit = autocommit
            yield conn
    except psycopg.Error as error:
        raise CommandError(error_messages.describe(error, settings.database_url)) from None


@contextmanager
def optional_workspace_database(
    workspace: str | None, *, autocommit: bool = False
) -> Iterator[Connection]:
    """Open a connection, after checking that the workspace exists, if one is named."""
    settings = load_settings_or_exit()
    select_workspaces(settings, workspace)
    with database(settings, autocommit=autocommit) as conn:
        yield conn


@contextmanager
def workspace_database(workspace: str | None) -> Iterator[tuple[Connection, str]]:
    """Open a connection, and select one workspace; yields both."""
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    with database(settings) as conn:
        yield conn, chosen.name


def select_workspace(settings: Settings, name: str | None) -> WorkspaceSettings:
    """Return the workspace ``name``, or the only one. Raises ``click.UsageError``."""
    chosen = select_workspaces(settings, name)
    if len(chosen) != 1:
        raise click.UsageError(f"Which workspace? Add --workspace with one of: {_names(settings)}.")
    return chosen[0]


def select_workspaces(settings: Settings, name: str | None) -> tuple[WorkspaceSettings, ...]:
    """Return the workspace ``name``, or all for ``None``. Raises ``click.UsageError``."""
    if name is None:
        return settings.workspaces
    found = settings.workspace(name)
    if found is None:
        raise click.UsageError(f"No workspace {name!r}. Known: {_names(settings)}.")
    return (found,)


def _names(settings: Settings) -> str:
    return ", ".join(each.name for each in settings.workspaces)
