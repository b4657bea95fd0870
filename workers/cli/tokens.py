"""API clients for commands, or an error that says which token is missing or wrong."""

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
    """Return the client for a claim. Raises ``CommandError`` for a missing or malformed token."""
    try:
        client = build(settings, workspace)
    except ValueError as error:
        raise CommandError(f"The token of {workspace.name} is malformed: {error}.") from None
    if client is None:
        raise CommandError(f"No token for this is set for {workspace.name}. {token_hint(claim)}")
    return client
