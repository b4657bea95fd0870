"""Checks of the settings: what is missing, unsafe, or disabled by them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from workers.config.secure_urls import is_loopback
from workers.config.settings import Settings
from workers.config.workspaces import SettingsError, WorkspaceSettings
from workers.operations.jobs.checks.finding import Finding, ok, warning, wrong
from workers.operations.rules.wording import pluralise

DESCRIBED = "Each variable is described in deploy/env.example."
NEEDS = {
    "attachments": "attachments are not fetched",
    "create_errand": "errands cannot be created or closed",
    "contacts": "contact cards are not sent",
    "library": "the library is not fetched",
    "export": "exports are not fetched",
    "logio": "log-ons of agents are not fetched",
}


def mistakes(error: SettingsError) -> Iterator[Finding]:
    """Yield every error in the settings."""
    for name, problems in sorted(error.problems.items()):
        yield wrong("settings", f"{name}: {' '.join(problems)}", DESCRIBED)


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is configured, unsafe or missing."""
    names = ", ".join(each.name for each in settings.workspaces)
    yield ok(
        "settings", f"Complete, for {pluralise(len(settings.workspaces), 'workspace')}: {names}."
    )
    yield from _workspaces_file(settings.workspaces_file)
    for workspace in settings.workspaces:
        yield _secrets(workspace, allow_unsigned=settings.allow_unsigned)
        if not is_private(workspace.cention_url):
            yield warning(
                f"address of {workspace.name}",
                "The token travels unencrypted to Cention: the URL begins with http.",
                "Use https.",
            )
        for claim, what in NEEDS.items():
            if getattr(workspace.tokens, claim) is None:
                yield warning(
                    f"token {claim} of {workspace.name}",
                    f"Not set, so {what}.",
                    f"If you need it, set CENTION_TOKEN_{claim.upper()}, or CENTION_TOKEN.",
                )


def _workspaces_file(path: Path | None) -> Iterator[Finding]:
    """Warn of a file with tokens that others may read or change."""
    if path is None:
        return
    try:
        state = path.stat()
    except OSError:  # it was read a moment ago
        return
    mode = stat.S_IMODE(state.st_mode)
    if mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        yield warning(
            "settings",
            f"Others may read or change {path}, which holds tokens: its mode is {mode:04o}.",
            f"Run: chmod 600 {path}",
        )
    if state.st_uid not in (0, os.geteuid()):
        yield warning(
            "settings",
            f"{path}, which holds tokens, belongs to user {state.st_uid}, who can change it.",
            "Give it to root or to the user of the bridge: chown.",
        )


def is_private(url: str) -> bool:
    """Return whether a URL is safe from eavesdropping: https, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def _secrets(workspace: WorkspaceSettings, *, allow_unsigned: bool) -> Finding:
    about = f"callbacks of {workspace.name}"
    count = len(workspace.callback_secrets)
    if count:
        return ok(about, f"{pluralise(count, 'secret')} valid.")
    if allow_unsigned:
        return warning(
            about,
            "Accepted from anyone: no secret is set, and CENTION_ALLOW_UNSIGNED is true.",
            "Set CENTION_CALLBACK_SECRETS to the secret that Cention sends.",
        )
    return wrong(
        about,
        "No secret is set, so the receiver does not start.",
        "Set CENTION_CALLBACK_SECRETS to the secret that Cention sends.",
    )
