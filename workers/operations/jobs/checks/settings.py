"""Checks of the settings: what is missing, unsafe, or disabled by them."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from workers.config import secret_files
from workers.config.secure_urls import is_loopback
from workers.config.settings import Settings
from workers.config.workspaces import SettingsError, WorkspaceSettings
from workers.operations.jobs.checks.finding import Finding, ok, warning, wrong
from workers.operations.jobs.sentences import Sentence

SETTINGS = Sentence("about.settings")
NEEDED = ("attachments", "create_errand", "contacts", "library", "export", "logio")


def mistakes(error: SettingsError) -> Iterator[Finding]:
    """Yield every error in the settings."""
    for name, problems in sorted(error.problems.items()):
        mistake = Sentence("check.mistake", name=name, problems=" ".join(problems))
        yield wrong(SETTINGS, mistake, Sentence("remedy.mistake"))


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is configured, unsafe or missing."""
    names = ", ".join(each.name for each in settings.workspaces)
    complete = Sentence("check.settings", count=len(settings.workspaces), names=names)
    yield ok(SETTINGS, complete)
    if file := settings.workspaces_file:
        yield from _open_to_others(file, "check.file_mode", "check.file_owner")
    for file in _files_of_secrets(settings.workspaces_file):
        yield from _open_to_others(file, "check.secret_mode", "check.secret_owner")
    for workspace in settings.workspaces:
        yield _secrets(workspace, allow_unsigned=settings.allow_unsigned)
        if not is_private(workspace.cention_url):
            yield warning(
                Sentence("about.address", workspace=workspace.name),
                Sentence("check.http"),
                Sentence("remedy.http"),
            )
        for claim in NEEDED:
            if getattr(workspace.tokens, claim) is None:
                yield warning(
                    Sentence("about.token", claim=claim, workspace=workspace.name),
                    Sentence(f"check.no_{claim}"),
                    Sentence("remedy.token_needed", setting=f"CENTION_TOKEN_{claim.upper()}"),
                )


def _files_of_secrets(workspaces_file: Path | None) -> Iterator[Path]:
    """Yield each file that holds one secret."""
    yield from secret_files.files_of(os.environ)
    if workspaces_file is not None:
        with suppress(OSError, ValueError):  # it was read a moment ago
            tables = tomllib.loads(workspaces_file.read_text("utf-8-sig"))
            yield from secret_files.files_named_in(tables)


def _open_to_others(path: Path, mode_text: str, owner_text: str) -> Iterator[Finding]:
    """Warn of a file of secrets that others may read or change."""
    try:
        state = path.stat()
    except OSError:  # it was read a moment ago
        return
    mode = stat.S_IMODE(state.st_mode)
    ours = state.st_uid == os.geteuid()
    if mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        yield warning(
            SETTINGS,
            Sentence(mode_text, path=str(path), mode=f"{mode:04o}"),
            Sentence("remedy.file_mode" if ours else "remedy.file_group", path=str(path)),
        )
    if not ours and state.st_uid != 0:
        yield warning(
            SETTINGS,
            Sentence(owner_text, path=str(path), user=str(state.st_uid)),
            Sentence("remedy.file_owner"),
        )


def is_private(url: str) -> bool:
    """Return whether a URL is safe from eavesdropping: https, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def _secrets(workspace: WorkspaceSettings, *, allow_unsigned: bool) -> Finding:
    about = Sentence("about.callbacks", workspace=workspace.name)
    count = len(workspace.callback_secrets)
    if count:
        return ok(about, Sentence("check.secrets", count=count))
    remedy = Sentence("remedy.no_secret")
    if allow_unsigned:
        return warning(about, Sentence("check.unsigned"), remedy)
    return wrong(about, Sentence("check.no_secret"), remedy)
