"""Which mirrors are enabled, and why others are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from workers.config.names import Mirror
from workers.config.workspaces import WorkspaceSettings

CLAIMS: Mapping[Mirror, str] = MappingProxyType(
    {Mirror.LIBRARY: "library", Mirror.AGENT_LOGONS: "logio", Mirror.EXPORTS: "export"}
)


class Disabled(StrEnum):
    """What disables a mirror."""

    NO_TOKEN = "no_token"  # noqa: S105  # of its claim
    NEVER = "never"  # its interval is 0
    NO_EXPORT = "no_export"  # is chosen


def disabled_reason(
    every_s: Mapping[Mirror, int], workspace: WorkspaceSettings, mirror: Mirror
) -> Disabled | None:
    """Return what disables a mirror; ``None`` if it is enabled.

    ``every_s``, here and below: the seconds between two refreshes, as the settings have them.
    """
    if getattr(workspace.tokens, CLAIMS[mirror]) is None:
        return Disabled.NO_TOKEN
    if not every_s.get(mirror):
        return Disabled.NEVER
    if mirror is Mirror.EXPORTS and workspace.export_preset is None:
        return Disabled.NO_EXPORT
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
