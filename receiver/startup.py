"""The settings of a receiver that starts, or its end with one line in the log."""

from __future__ import annotations

from workers.config.settings import MissingCallbackSecret, Settings, require_secrets
from workers.config.startup import exit_for, settings_or_exit


def receiver_settings_or_exit() -> Settings:
    """Return the settings; if they are wrong or lack a secret, log what is wrong, and exit."""
    settings = settings_or_exit()
    try:
        require_secrets(settings)
    except MissingCallbackSecret as error:
        exit_for(error)
    return settings
