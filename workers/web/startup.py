"""Whether the web face may start: it is off unless somebody can sign in."""

from __future__ import annotations

from workers.config.settings import Settings
from workers.config.startup import exit_for


class NobodyCanSignIn(ValueError):
    """No password and no trusted header is set."""


def require_people(settings: Settings) -> None:
    """Exit with a line in the log if nobody can sign in."""
    if not settings.web.enabled:
        exit_for(
            NobodyCanSignIn(
                "The web face is off: set WEB_PASSWORD_HASH (made by cention web password), "
                "WEB_USERS_FILE, or WEB_TRUSTED_HEADER with WEB_TRUSTED_PROXIES."
            )
        )
