"""Which pictures of Cention are renewed on a schedule, and why others are not."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from workers.queues import Mirror
from workers.settings import Settings
from workers.workspaces import WorkspaceSettings

CLAIMS: Mapping[Mirror, str] = MappingProxyType(
    {Mirror.LIBRARY: "library", Mirror.AGENT_LOGONS: "logio", Mirror.EXPORTS: "export"}
)


def why_off(settings: Settings, workspace: WorkspaceSettings, mirror: Mirror) -> str | None:
    """Return why a picture is not renewed, in terms of the settings; ``None`` if it is."""
    claim = CLAIMS[mirror]
    if getattr(workspace.tokens, claim) is None:
        return f"there is no token of its claim, CENTION_TOKEN_{claim.upper()} or CENTION_TOKEN"
    if not settings.mirror_every_s.get(mirror):
        return f"{mirror.upper()}_EVERY_S is 0"
    if mirror is Mirror.EXPORTS and workspace.export_preset is None:
        return "no export is chosen, CENTION_EXPORT_PRESET or export_preset"
    return None


def intervals(settings: Settings) -> dict[tuple[str, Mirror], int]:
    """Return the seconds between two renewals of each picture that is renewed, by workspace."""
    return {
        (workspace.name, mirror): settings.mirror_every_s[mirror]
        for workspace in settings.workspaces
        for mirror in Mirror
        if why_off(settings, workspace, mirror) is None
    }
