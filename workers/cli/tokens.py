"""Clients of claims, as commands need them: at hand, or in plain words why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from workers.cli.errors import CommandError
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.operations.rules.wording import token_hint

Client = TypeVar("Client")


def require_client(
    claim: str,
    build: Callable[[Settings, WorkspaceSettings], Client | None],
    settings: Settings,
    workspace: WorkspaceSettings,
) -> Client:
    """Return the client of a claim. Raises ``CommandError`` if there is no token, or an odd one."""
    try:
        client = build(settings, workspace)
    except ValueError as error:
        raise CommandError(f"The token of {workspace.name} cannot be right: {error}.") from None
    if client is None:
        raise CommandError(f"{workspace.name} has no token for this here. {token_hint(claim)}")
    return client
