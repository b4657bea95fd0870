"""Whether the web face may start: it is off unless somebody can sign in."""

from __future__ import annotations

from workers.config.settings import Settings
from workers.config.startup import exit_for
from workers.operations.rules import passwords


class NobodyCanSignIn(ValueError):
    """No password and no trusted header is set."""


class UnusableHash(ValueError):
    """The numbers of a hash are wrong: no password could be checked."""


def require_people(settings: Settings) -> None:
    """Exit with a line in the log if nobody can sign in, or a hash cannot be used."""
    if not settings.web.enabled:
        exit_for(
            NobodyCanSignIn(
                "The web face is off: set WEB_PASSWORD_HASH (made by cention web password), "
                "WEB_USERS_FILE, or WEB_TRUSTED_HEADER with WEB_TRUSTED_PROXIES."
            )
        )
    for user in settings.web.users:
        try:
            passwords.matches("", user.password_hash)
        except (ValueError, OverflowError, MemoryError) as error:
            exit_for(
                UnusableHash(
                    f"The hash of the password of {user.name!r} cannot be used: {error}. "
                    "Make a new one: cention web password"
                )
            )
