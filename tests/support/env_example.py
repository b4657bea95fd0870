"""The settings in ``deploy/env.example``, and their defaults."""

from __future__ import annotations

import re
from pathlib import Path

FILE = Path(__file__).parents[2] / "deploy" / "env.example"
SETTING = re.compile(r"^#? ?([A-Z][A-Z_]+)=", re.MULTILINE)
DEFAULT = re.compile(r"^# ([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)


def settings() -> set[str]:
    """Return the name of every setting."""
    return set(SETTING.findall(FILE.read_text("utf-8")))


def defaults() -> dict[str, str]:
    """Return the values after ``# NAME=``, by the name."""
    return dict(DEFAULT.findall(FILE.read_text("utf-8")))
