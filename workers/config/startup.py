"""The settings of a process that starts, or its end with one line in the log."""

from __future__ import annotations

import sys
from typing import Never

import structlog

from workers.config import logs
from workers.config.settings import Settings, load_settings
from workers.config.workspaces import SettingsError

WRONG_SETTINGS = 4  # exit status; gunicorn's own for an application that cannot be loaded
REMEDY = "Each variable is described in deploy/env.example. Run: cention check"


def settings_or_exit() -> Settings:
    """Return the settings; if they are wrong, log all that is wrong with them, and exit."""
    try:
        return load_settings()
    except SettingsError as error:
        exit_for(error)


def exit_for(error: Exception) -> Never:
    """Log what is wrong with the settings, and exit."""
    logs.configure()
    problems = error.lines if isinstance(error, SettingsError) else [str(error)]
    structlog.get_logger(__name__).critical(
        "the settings are wrong", problems=problems, remedy=REMEDY
    )
    sys.exit(WRONG_SETTINGS)
