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
from workers.mirrors.rules.enabled import CLAIMS, Disabled, disabled_reason
from workers.operations.jobs.checks.finding import Finding, ok, wrong
from workers.operations.jobs.checks.services import of_error
from workers.operations.jobs.sentences import Sentence, duration


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
        about = Sentence("about.mirror", mirror=mirror, workspace=workspace.name)
        reason = disabled_reason(settings.mirror_every_s, workspace, mirror)
        if reason is not None:
            yield ok(about, _disabled(mirror, reason))
        else:
            every = duration(settings.mirror_every_s[mirror])
            yield ok(about, Sentence("check.mirror_every", every=every))
    if disabled_reason(settings.mirror_every_s, workspace, Mirror.AGENT_LOGONS) is None:
        yield from token_findings(
            "about.log_ons", lambda: _probe_log(logons()), workspace, claim="logio API"
        )
    if disabled_reason(settings.mirror_every_s, workspace, Mirror.LIBRARY) is None:
        yield from token_findings(
            "about.questions", lambda: _probe_library(library()), workspace, claim="library"
        )


def _disabled(mirror: Mirror, reason: Disabled) -> Sentence:
    """Return which setting disables a mirror."""
    match reason:
        case Disabled.NO_TOKEN:
            setting = f"CENTION_TOKEN_{CLAIMS[mirror].upper()}"
            return Sentence("check.mirror_no_token", setting=setting)
        case Disabled.NEVER:
            return Sentence("check.mirror_never", setting=f"{mirror.upper()}_EVERY_S")
        case Disabled.NO_EXPORT:
            return Sentence("check.mirror_no_export")


def token_findings(
    what: str, probe: Callable[[], bool], workspace: WorkspaceSettings, *, claim: str
) -> Iterator[Finding]:
    """Check whether Cention accepts a token; ``probe`` returns whether one is set.

    ``what`` is the name of a text.
    """
    about = Sentence(what, workspace=workspace.name)
    host = str(urlsplit(workspace.cention_url).hostname)
    try:
        if probe():
            yield ok(about, Sentence("check.token_accepted", host=host))
    except ApiError as error:
        yield of_error(about, host, error, claim=f"Access to {claim}")
    except ValueError as error:
        yield wrong(
            about,
            Sentence("check.token_malformed", error=str(error)),
            Sentence("remedy.token_malformed"),
        )


def _probe_log(log: AgentLogonsApi | None) -> bool:
    if log is not None:
        log.probe(datetime.now(UTC))
    return log is not None


def _probe_library(library: LibraryApi | None) -> bool:
    if library is not None:
        library.probe()
    return library is not None
