"""Which mirrors are enabled, and why others are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from workers.config.names import Mirror
from workers.config.workspaces import WorkspaceSettings

CLAIMS: Mapping[Mirror, str] = MappingProxyType(
    {Mirror.LIBRARY: "library", Mirror.AGENT_LOGONS: "logio", Mirror.EXPORTS: "export"}
)


def disabled_reason(
    every_s: Mapping[Mirror, int], workspace: WorkspaceSettings, mirror: Mirror
) -> str | None:
    """Return which setting disables a mirror, in words; ``None`` if it is enabled.

    ``every_s``, here and below: the seconds between two refreshes, as the settings have them.
    """
    claim = CLAIMS[mirror]
    if getattr(workspace.tokens, claim) is None:
        return f"there is no token of its claim, CENTION_TOKEN_{claim.upper()} or CENTION_TOKEN"
    if not every_s.get(mirror):
        return f"{mirror.upper()}_EVERY_S is 0"
    if mirror is Mirror.EXPORTS and workspace.export_preset is None:
        return "no export is chosen, CENTION_EXPORT_PRESET or export_preset"
    return None


def intervals_of(every_s: Mapping[Mirror, int], workspace: WorkspaceSettings) -> dict[Mirror, int]:
    """Return the seconds between two refreshes of each enabled mirror of a workspace."""
    return {
        mirror: every_s[mirror]
        for mirror in Mirror
        if disabled_reason(every_s, workspace, mirror) is None
    }


def intervals(
    every_s: Mapping[Mirror, int], workspaces: Iterable[WorkspaceSettings]
) -> dict[tuple[str, Mirror], int]:
    """Return ``intervals_of`` every workspace, by workspace and mirror."""
    return {
        (workspace.name, mirror): seconds
        for workspace in workspaces
        for mirror, seconds in intervals_of(every_s, workspace).items()
    }
