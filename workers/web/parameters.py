"""Values in addresses and forms: workspaces, ids, and which act is asked for."""

from __future__ import annotations

from flask import abort, request

from workers.config.workspaces import WorkspaceSettings
from workers.web.database import settings

MAX_ID = 2**63 - 1  # bigint
MAX_DIGITS = 19


def workspace_of(name: str) -> WorkspaceSettings:
    """Return a configured workspace, or end the request with 404."""
    return settings().workspace(name) or abort(404)


def id_of(text: str) -> int:
    """Return the id in a text. Raises ``ValueError``."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else -1
    if not 0 <= number <= MAX_ID:
        raise ValueError(text)
    return number


def known_id(number: int) -> int:
    """Return a number of an address that may be an id, or end the request with 404."""
    return number if number <= MAX_ID else abort(404)


def number_of(name: str) -> int:
    """Return a number of the form, or end the request with 400."""
    try:
        return id_of(request.form.get(name, "").strip())
    except ValueError:
        abort(400)


def act_of(*acts: str) -> str:
    """Return which of some acts the form asks for, or end the request with 400."""
    wanted = request.form.get("act")
    if wanted not in acts:
        abort(400)
    return wanted
