"""Checks of the mirrors: which are enabled, and whether Cention accepts their tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from workers.clients.cention.agent_logons import AgentLogonsApi
from workers.clients.cention.library import LibraryApi
from workers.clients.errors import ApiError
from workers.config.names import Mirror
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.mirrors.rules.enabled import disabled_reason
from workers.operations.jobs.checks.finding import Finding, ok, wrong
from workers.operations.jobs.checks.services import of_error
from workers.operations.rules.wording import format_duration


def mirror_findings(
    settings: Settings,
    workspace: WorkspaceSettings,
    *,
    logons: Callable[[], AgentLogonsApi | None],
    library: Callable[[], LibraryApi | None],
) -> Iterator[Finding]:
    """Yield the interval of each mirror, or why it is disabled; check the tokens of enabled ones.

    ``logons`` and ``library`` return a client, ``None`` without a token.
    """
    for mirror in Mirror:
        about = f"{mirror} of {workspace.name}"
        reason = disabled_reason(settings.mirror_every_s, workspace, mirror)
        if reason is not None:
            yield ok(about, f"Disabled: {reason}.")
        else:
            yield ok(about, f"Refreshed every {format_duration(settings.mirror_every_s[mirror])}.")
    if disabled_reason(settings.mirror_every_s, workspace, Mirror.AGENT_LOGONS) is None:
        yield from token_findings(
            "log-ons", lambda: _probe_log(logons()), workspace, claim="logio API"
        )
    if disabled_reason(settings.mirror_every_s, workspace, Mirror.LIBRARY) is None:
        yield from token_findings(
            "questions", lambda: _probe_library(library()), workspace, claim="library"
        )


def token_findings(
    what: str, probe: Callable[[], bool], workspace: WorkspaceSettings, *, claim: str
) -> Iterator[Finding]:
    """Check whether Cention accepts a token; ``probe`` returns whether one is set."""
    about = f"{what} of {workspace.name}"
    host = str(urlsplit(workspace.cention_url).hostname)
    try:
        if probe():
            yield ok(about, f"{host} accepts the token.")
    except ApiError as error:
        yield of_error(about, host, error, claim=f"Access to {claim}")
    except ValueError as error:
        yield wrong(about, f"The token is malformed: {error}.", "Copy it again from Cention.")


def _probe_log(log: AgentLogonsApi | None) -> bool:
    if log is not None:
        log.probe(datetime.now(UTC))
    return log is not None


def _probe_library(library: LibraryApi | None) -> bool:
    if library is not None:
        library.probe()
    return library is not None
