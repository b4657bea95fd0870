"""What is renewed on a schedule, and why the rest is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from workers import wiring
from workers.cli.checks.findings import Finding, ok, wrong
from workers.cli.checks.remote import of_error
from workers.cli.printing import age
from workers.clients.errors import ApiError
from workers.queues import Mirror
from workers.rules.mirrors import why_off
from workers.settings import Settings
from workers.workspaces import WorkspaceSettings


def mirror_findings(settings: Settings, workspace: WorkspaceSettings) -> Iterator[Finding]:
    """Tell of each picture how often it is renewed, or why it is not."""
    for mirror in Mirror:
        about = f"{mirror} of {workspace.name}"
        reason = why_off(settings, workspace, mirror)
        if reason is not None:
            yield ok(about, f"Switched off: {reason}.")
        else:
            yield ok(about, f"Renewed every {age(settings.mirror_every_s[mirror])}.")
    if why_off(settings, workspace, Mirror.AGENT_LOGONS) is None:
        yield from token_findings(
            "log-ons", lambda: _ask_for_log(settings, workspace), workspace, claim="logio API"
        )
    if why_off(settings, workspace, Mirror.LIBRARY) is None:
        yield from token_findings(
            "questions", lambda: _ask_for_library(settings, workspace), workspace, claim="library"
        )


def token_findings(
    what: str, ask: Callable[[], bool], workspace: WorkspaceSettings, *, claim: str
) -> Iterator[Finding]:
    """Tell whether Cention takes the token of a claim: ``ask`` asks for little with it, if any."""
    about = f"{what} of {workspace.name}"
    host = str(urlsplit(workspace.cention_url).hostname)
    try:
        if ask():
            yield ok(about, f"{host} takes our token.")
    except ApiError as error:
        yield of_error(about, host, error, claim=f"Access to {claim}")
    except ValueError as error:
        yield wrong(about, f"The token cannot be right: {error}.", "Copy it anew from Cention.")


def _ask_for_log(settings: Settings, workspace: WorkspaceSettings) -> bool:
    log = wiring.logio_api(settings, workspace)
    if log is not None:
        log.probe(datetime.now(UTC))
    return log is not None


def _ask_for_library(settings: Settings, workspace: WorkspaceSettings) -> bool:
    library = wiring.library_api(settings, workspace)
    if library is not None:
        library.probe()
    return library is not None
