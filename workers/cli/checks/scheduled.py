"""What is renewed on a schedule, and why the rest is not."""

from __future__ import annotations

from collections.abc import Iterator
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
        yield from log_findings(settings, workspace)


def log_findings(settings: Settings, workspace: WorkspaceSettings) -> Iterator[Finding]:
    """Tell whether Cention takes the token of the log; asks for one second of it."""
    about = f"log-ons of {workspace.name}"
    host = str(urlsplit(workspace.cention_url).hostname)
    try:
        log = wiring.logio_api(settings, workspace)
        if log is not None:
            log.probe(datetime.now(UTC))
            yield ok(about, f"{host} takes our token.")
    except ApiError as error:
        yield of_error(about, host, error, claim="Access to logio API")
    except ValueError as error:
        yield wrong(about, f"The token cannot be right: {error}.", "Copy it anew from Cention.")
